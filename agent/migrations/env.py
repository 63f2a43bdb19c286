"""Runs the migrations of the folder it lies in, on the connection that it is handed."""

from alembic import context

config = context.config
context.configure(
    connection=config.attributes["connection"],
    version_table=config.attributes["version_table"],
    transactional_ddl=False,
)
context.run_migrations()
