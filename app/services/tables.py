"""The ground that every table stands on: metadata, naming, column types.

Conventions: every constraint and index is named; instants are aware; enums are text with a CHECK; every row of a
tenant's carries `tenant_id`, and uniques and foreign keys start with it, because row-level security does not
stop a unique or a foreign key from telling about other tenants' rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Dialect, ForeignKeyConstraint, MetaData, String, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """The declarative base: one metadata for all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: TIMESTAMP(timezone=True),
        UUID: Uuid(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
        list[str]: ARRAY(String),
    }


Key = Annotated[UUID, mapped_column(primary_key=True)]
"""The row's own id, a UUIDv7 made by the application."""


E = TypeVar("E", bound=StrEnum)


class Word(TypeDecorator[E]):
    """An enum stored as its text."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        """Store the member's value."""
        return None if value is None else str(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> E | None:
        """Give the member back."""
        return None if value is None else self.kind(value)


def one_of(column: str, kind: type[StrEnum], *, optional: bool = False) -> CheckConstraint:
    """A CHECK that the column holds a member's value."""
    words = ", ".join(f"'{member.value}'" for member in kind)
    null = f"{column} IS NULL OR " if optional else ""
    return CheckConstraint(f"{null}{column} IN ({words})", name=f"{column}_known")


def of_tenant() -> ForeignKeyConstraint:
    """The row belongs to a tenant that exists; it goes with it."""
    return ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE")


def refers(column: str, table: str, *, ondelete: str = "CASCADE") -> ForeignKeyConstraint:
    """A reference that cannot leave the tenant: (tenant_id, column) -> (tenant_id, id)."""
    columns: Sequence[str] = ["tenant_id", column]
    return ForeignKeyConstraint(columns, [f"{table}.tenant_id", f"{table}.id"], ondelete=ondelete)
