"""SQL functions that the databases know by different names, and rows as one JSON value."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, ColumnElement, ScalarSelect, Select, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from .database import JSON_VALUE


class json_object_of(GenericFunction[Any]):  # noqa: N801 (named like the other functions of SQL)
    """The rows of a group as one JSON object: keys, values. NULL where there is no row."""

    type = JSON_VALUE
    inherit_cache = True


class json_array_of(GenericFunction[Any]):  # noqa: N801
    """The rows of a group as one JSON array, in no order. NULL, or empty, where there is no row."""

    type = JSON_VALUE
    inherit_cache = True


NAMES: dict[type[GenericFunction[Any]], tuple[str, str]] = {
    json_object_of: ("json_group_object", "JSON_OBJECTAGG"),
    json_array_of: ("json_group_array", "JSON_ARRAYAGG"),
}


@compiles(json_object_of, "sqlite")
@compiles(json_array_of, "sqlite")
def _as_sqlite_calls_it(element: Any, compiler: Any, **options: Any) -> str:
    return f"{NAMES[type(element)][0]}{compiler.process(element.clause_expr, **options)}"


@compiles(json_object_of, "mysql", "mariadb")
@compiles(json_array_of, "mysql", "mariadb")
def _as_mysql_calls_it(element: Any, compiler: Any, **options: Any) -> str:
    return f"{NAMES[type(element)][1]}{compiler.process(element.clause_expr, **options)}"


def as_json(rows: Select[Any]) -> ScalarSelect[Any]:
    """All rows as one value: an array of objects, in no order; NULL, or empty, without a row. Booleans are 0 and 1, times
    are texts as the database writes them. So several tables can be read in one statement, and in one moment."""
    table = rows.subquery()
    return select(json_array_of(func.json_object(*_pairs(table.c)))).select_from(table).scalar_subquery()


def _pairs(columns: Any) -> Iterator[ColumnElement[Any]]:
    for column in columns:
        yield literal_column(f"'{column.name}'")
        yield func.json_extract(column, literal_column("'$'")) if isinstance(column.type, JSON) else column
