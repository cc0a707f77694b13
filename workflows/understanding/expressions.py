"""Compiled regular expressions, kept beside the data: of 0.4 ms that one costs to read, 0.02 are left.

`re` reads its language in Python, some hundred times slower than it matches; thousands of lines are more than a second of that. What
it makes of a line is a list of numbers that `_sre`, the module behind it, takes back. Neither is a promise of Python's, so the file
belongs to one version of it (derived.py), and whatever goes wrong ends in a plain `re.compile`.
"""

import re
import zlib
from array import array
from collections.abc import Iterable
from functools import cache

from workflows.understanding import derived

_NAME = "expressions"
_FLAGS = int(re.UNICODE)  # of an expression that names none
_REFUSED = (ImportError, AttributeError, TypeError, ValueError, RuntimeError, zlib.error)


def compiled(source: str) -> re.Pattern[str]:
    """The expression, without groups or flags, from what an earlier process kept where it did."""
    code = _kept().pop(_key(source), None)  # needed once: who asks keeps the expression
    if code is not None:
        try:
            return _from_code(source, code)
        except _REFUSED:
            pass
    return re.compile(source)


def keep(sources: Iterable[str]) -> None:
    """Keep what these expressions compile to, unless that was done for this version: two seconds once, no file no harm."""
    if derived.there(_NAME):
        return
    try:
        derived.kept(_NAME, lambda: {_key(source): _code(source) for source in sources})
    except _REFUSED:
        return
    _kept.cache_clear()


@cache
def _kept() -> dict[int, bytes]:
    found: dict[int, bytes] | None = derived.found(_NAME)
    return found or {}


def _key(source: str) -> int:
    return derived.fingerprint(source.encode())


def _code(source: str) -> bytes:
    from re import _compiler, _parser  # type: ignore[attr-defined]  # private: see above

    return zlib.compress(array("I", _compiler._code(_parser.parse(source), 0)).tobytes())


def _from_code(source: str, code: bytes) -> re.Pattern[str]:
    import _sre  # type: ignore[import-not-found]  # private: see above

    numbers = array("I", zlib.decompress(code)).tolist()
    found: re.Pattern[str] = _sre.compile(source, _FLAGS, numbers, 0, {}, (None,))
    return found
