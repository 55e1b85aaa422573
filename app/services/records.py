"""Rows of written-out statements as objects of a table's class, without a session that watches them.

They are made of whatever columns the table has, so that a column that is added needs no word here. Changing such an
object changes nothing in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy.orm.attributes import manager_of_class

from app.services.tables import Table, Word

T = TypeVar("T", bound=Table)


def columns(kind: type[Table], prefix: str = "") -> str:
    """The table's columns as a SQL list, each with the table's name; called by `prefix` and their name."""
    names = [(f"{kind.__tablename__}.{column.name}", column.name) for column in kind.__table__.columns]
    return ", ".join(f"{full} AS {prefix}{name}" if prefix else full for full, name in names)


def reader(kind: type[T], prefix: str = "") -> Callable[[Mapping[str, Any]], T]:
    """How to make an object of a row that has at least the columns of `columns(kind, prefix)`."""
    names = [column.key for column in kind.__table__.columns]
    words = {column.key: column.type.kind for column in kind.__table__.columns if isinstance(column.type, Word)}

    taken = [(name, prefix + name) for name in names]

    def read(row: Mapping[str, Any]) -> T:
        fields = {name: row[column] for name, column in taken}
        for name, word in words.items():
            if fields[name] is not None:
                fields[name] = word(fields[name])
        # As the mapper itself makes one of a row: its constructor would note every column as changed.
        made: T = manager_of_class(kind).new_instance()
        made.__dict__.update(fields)
        return made

    return read
