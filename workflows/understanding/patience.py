"""Whether a pattern line stays fast on any text: checked on its syntax, before it is ever run."""

import re._constants as parts  # type: ignore[import-not-found]  # the compiler's own reader of patterns; no other gives the syntax
import re._parser as reader  # type: ignore[import-not-found]
from collections.abc import Iterator
from typing import Any

MOST_LETTERS = 40
MOST_TIMES = 12
_ONE = frozenset({parts.IN, parts.LITERAL, parts.NOT_LITERAL, parts.ANY, parts.CATEGORY})
_REPEATS = frozenset({parts.MAX_REPEAT, parts.MIN_REPEAT, parts.POSSESSIVE_REPEAT})
_AROUND = frozenset({parts.ASSERT, parts.ASSERT_NOT})


def dawdles(line: str) -> str | None:
    """Why an expanded pattern line could take more than linear time, None when it cannot. Raises re.error for bad syntax."""
    return next(_slow(list(reader.parse(line)), inside=False), None)


def _slow(items: list[Any], *, inside: bool) -> Iterator[str]:
    for at, (kind, value) in enumerate(items):
        if kind in _REPEATS:
            yield from _repeat(items, at, inside=inside)
        elif kind is parts.SUBPATTERN:
            yield from _slow(list(value[-1]), inside=inside)
        elif kind is parts.BRANCH:
            for branch in value[1]:
                yield from _slow(list(branch), inside=inside)
        elif kind in _AROUND:
            yield from _slow(list(value[1]), inside=inside)
        elif kind is parts.GROUPREF:
            yield "it refers back to an earlier group"


def _repeat(items: list[Any], at: int, *, inside: bool) -> Iterator[str]:
    _, most, body = items[at][1]
    single = len(body) == 1 and body[0][0] in _ONE
    if most is parts.MAXREPEAT:
        beside = [items[place] for place in (at - 1, at + 1) if 0 <= place < len(items)]
        if not single:
            yield "a group is repeated without a bound: write {0,3}"
        elif not any(kind is parts.LITERAL and chr(value) == " " for kind, value in beside):
            yield "a repeat without a bound needs a space beside it, as in `\\w+ `: write \\w{1,8} instead"
    elif single and most > MOST_LETTERS:
        yield f"more than {MOST_LETTERS} letters are repeated"
    elif not single and most > MOST_TIMES:
        yield f"a group is repeated more than {MOST_TIMES} times"
    elif not single and most > 1 and inside:
        yield "a repeated group stands inside a repeated group"
    yield from _slow(list(body), inside=inside or (not single and most > 1))
