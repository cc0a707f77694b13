"""The verdict over what was heard: which secret was where it may not be."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from redis import Redis

from sandbox.slack import Workspace
from tests.watch import secrets
from tests.watch.allowed import Piece, pieces
from tests.watch.folding import digits, plain, readings, strings
from tests.watch.hearing import Ears
from tests.watch.secrets import Secret
from tests.watch.wording import is_ours

CLIPPED = 160
READ: dict[str, Callable[["Redis", Any], Any]] = {
    "string": lambda redis, key: redis.get(key),
    "hash": lambda redis, key: redis.hgetall(key),
    "set": lambda redis, key: redis.smembers(key),
    "list": lambda redis, key: redis.lrange(key, 0, -1),
    "zset": lambda redis, key: redis.zrange(key, 0, -1),
    "stream": lambda redis, key: redis.xrange(key),
    "none": lambda _redis, _key: "",
}


@dataclass(frozen=True)
class Leak:
    """One string and what of a patient's is in it."""

    piece: Piece
    secret: Secret

    def __str__(self) -> str:
        seen = "shown" if self.piece.shown else "hidden"
        text = self.piece.text if len(self.piece.text) <= CLIPPED else f"{self.piece.text[:CLIPPED]}…"
        what = self.secret.words.strip() or self.secret.number.strip("=")
        return f"{self.secret.kind} {what!r} at {self.piece.level} in {self.piece.place} ({self.piece.surface}, {seen}): {text!r}"


class Book:
    """The secrets of one database, by how they are found quickly: by their first word, and by their digits."""

    def __init__(self, known: Iterable[Secret]) -> None:
        self._words: dict[str, list[Secret]] = defaultdict(list)
        self._numbers: dict[str, Secret] = {}
        self.size = 0
        for one in known:
            self.size += 1
            if one.number:
                self._numbers[one.number] = one
            else:
                self._words[one.words.split()[0]].append(one)

    def found(self, text: str) -> set[Secret]:
        """Those that are in the text, however it is escaped."""
        seen: set[Secret] = set()
        for reading in readings(text):
            folded = plain(reading)
            for word in set(folded.split()) & self._words.keys():
                seen.update(one for one in self._words[word] if one.words in folded)
            seen.update(self._by_digits(reading))
        return seen

    def _by_digits(self, text: str) -> Iterator[Secret]:
        for run in digits(text):
            exact = [f"={run}"] if len(run) == 7 else []
            for number in (*exact, *(run[begin : begin + 10] for begin in range(len(run) - 9))):
                if number in self._numbers:
                    yield self._numbers[number]


def leaks(book: Book, heard: Iterable[Piece]) -> list[Leak]:
    """Every secret that is where it may not be; each string is looked at once."""
    found: dict[str, set[Secret]] = {}
    bad: list[Leak] = []
    for piece in dict.fromkeys(heard):
        if piece.text not in found:
            found[piece.text] = book.found(piece.text)
        bad += [Leak(piece, one) for one in found[piece.text] if one.kind not in piece.may and not is_ours(one)]
    return bad


def heard(ears: Ears, *, slack: Workspace | None = None, redis: "Redis | None" = None) -> Iterator[Piece]:
    """All that was heard, in its strings."""
    for request in ears.requests:
        yield from pieces(request, slack)
    for line in ears.lines:
        yield from _hidden("the log", {name: _told(value) for name, value in line.items()})
    for job in ears.jobs:
        yield from _hidden("a job", job)
    for text in ears.printed:
        yield from _hidden("the output", text)
    if redis is not None:
        yield from _hidden("Redis", list(_kept(redis)))


def book_of(link: "psycopg.Connection[Any]") -> Book:
    """What is in this database now."""
    return Book(secrets.collect(link))


def _hidden(place: str, value: Any) -> Iterator[Piece]:
    for text in strings(value):
        yield Piece(place, "any", place, shown=False, text=text)


def _told(value: Any) -> Any:
    """As the log writes it: of an exception only the class (`core.log`)."""
    return type(value).__name__ if isinstance(value, BaseException) else value


def _kept(redis: "Redis") -> Iterator[Any]:
    for key in redis.scan_iter(count=1000):
        yield _text(key)
        yield _text(READ[_text(redis.type(key))](redis, key))


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {_text(name): _text(inner) for name, inner in value.items()}
    return [_text(inner) for inner in value] if isinstance(value, list | set) else value
