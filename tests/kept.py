"""What a pytest worker keeps open between tests: opening it anew would cost more than most tests do."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import psycopg

from core.crypto import KeyRing
from storage.db import Database
from tests.factories import SECRET_KEYS

_LINES: dict[str, psycopg.Connection] = {}
_DOORS: dict[tuple[str, str | None], Database] = {}
_ONE_AT_A_TIME = RLock()


@contextmanager
def line(url: str) -> Iterator[psycopg.Connection]:
    """A transaction of its own on a connection to `url` that stays open: a new backend reads its catalogs for 80 ms first."""
    with _ONE_AT_A_TIME:
        kept = _LINES.get(url)
        if kept is None or kept.closed:
            kept = _LINES[url] = psycopg.connect(url)
        with kept.transaction():
            yield kept


def door(url: str, *, origin: str | None = None) -> Database:
    """The app's own way into a database, with the connections and compiled statements of the tests before."""
    if (url, origin) not in _DOORS:
        _DOORS[url, origin] = Database(url, KeyRing.parse(SECRET_KEYS), origin=origin)
    return _DOORS[url, origin]


def close(name: str | None = None) -> None:
    """Close all of them at the end of the worker; those of one database before it is dropped."""
    for url in [url for url in _LINES if name in (None, _name(url))]:
        _LINES.pop(url).close()
    for way in [way for way in _DOORS if name in (None, _name(way[0]))]:
        _DOORS.pop(way).dispose()


def _name(url: str) -> str:
    return url.rpartition("/")[2]
