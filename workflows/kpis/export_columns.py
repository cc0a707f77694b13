"""What a file of `app.py facts` is: its columns, what each means, and where its rows come from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.orm import Session

Kind = Literal["id", "at", "plain"]
Rows = Iterator[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """`kind`: an id is written as its hash; an instant as two columns, UTC and the organisation's local day (`…_day`)."""

    name: str
    says: str
    kind: Kind = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """One file. `sql` is asked with :org and gives the columns in their order, oldest row first."""

    name: str
    says: str
    columns: tuple[Column, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class Given:
    """One file of few rows that no single table holds: what the organisation and its programs say."""

    name: str
    says: str
    columns: tuple[Column, ...]
    rows: Callable[[Session], Rows]


def an_id(name: str, says: str) -> Column:
    """A column of hashes."""
    return Column(name, says, "id")


def an_instant(name: str, says: str) -> Column:
    """A column `…_at`, with its local day after it."""
    return Column(name, says, "at")
