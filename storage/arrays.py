"""Lists as one parameter: written the way PostgreSQL reads an array. The driver does it an element at a time, several times slower."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, cast
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import NullType


def literal(values: Iterable[Any]) -> str:
    """`{a,b,NULL}` of text, numbers, UUIDs, days, instants, bytes or None; the statement casts it: `CAST(:ids AS uuid[])`."""
    return "{" + ",".join([_WRITTEN[type(value)](value) for value in values]) + "}"


def among(
    column: "InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]", ids: Iterable[UUID]
) -> ColumnElement[bool]:
    """`column = ANY(ids)`: one parameter however many there are, where IN has one for each, to be read and planned every time."""
    return column == any_(cast(bindparam(None, literal(ids), NullType()), ARRAY(Uuid)))


def _quoted(said: str) -> str:
    return '"' + said.replace("\\", "\\\\").replace('"', '\\"') + '"'


_WRITTEN: dict[type, Any] = {
    type(None): lambda _: "NULL",
    UUID: lambda value: f"{value.int:032x}",
    int: str,
    float: repr,
    bool: lambda value: "t" if value else "f",
    str: _quoted,
    date: str,
    datetime: lambda value: f'"{value.isoformat()}"',
    bytes: lambda value: f'"\\\\x{value.hex()}"',
}
