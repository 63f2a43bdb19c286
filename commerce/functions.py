"""SQL functions that the databases know by different names."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from .database import JSON_VALUE


class json_object_of(GenericFunction[Any]):  # noqa: N801 (named like the other functions of SQL)
    """The rows of a group as one JSON object: keys, values. NULL where there is no row."""

    type = JSON_VALUE
    inherit_cache = True


@compiles(json_object_of)
def _as_sqlite_calls_it(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_group_object{compiler.process(element.clause_expr, **options)}"


@compiles(json_object_of, "mysql", "mariadb")
def _as_mysql_calls_it(element: Any, compiler: Any, **options: Any) -> str:
    return f"JSON_OBJECTAGG{compiler.process(element.clause_expr, **options)}"
