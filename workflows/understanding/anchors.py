"""Which words a pattern line cannot match without: what lets the lexicon skip nearly all of its lines for a given text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from workflows.understanding.language import common

_MOST = 1_500  # spellings of one piece that are written out; a piece with more gives no anchor
_WILD = "\x00"
_REPEAT = re.compile(r"\?|\*|\+|\{(\d*),?(\d*)\}")
_PLAIN = re.compile(r"[^|()\[\]\\.?*+{^$]+(?![?*+{])")
_EVERYDAY = common("en") | common("es") | frozenset(".,?")  # looking for these spares nothing: most texts hold some
_DEAR = 150  # how much dearer an everyday word is than another
_STEM = 4
_MARKS = frozenset(".,?")


@dataclass(frozen=True, slots=True)
class Seen:
    """A normal text and where each of its words begins; long words stand also under their stem ("bleeding": "blee*")."""

    text: str
    places: Mapping[str, Sequence[int]]
    words: frozenset[str]


def seen(text: str) -> Seen:
    """What the lexicon needs to know of a normal text; one pass."""
    places: dict[str, list[int]] = {}
    at = 0
    for word in text.split(" "):
        places.setdefault(word, []).append(at)
        if len(word) > _STEM:
            places.setdefault(word[:_STEM] + "*", []).append(at)
        at += len(word) + 1
    return Seen(text, places, frozenset(places))


def first_words(line: str) -> frozenset[str]:
    """The words, or stems, that a text matching this line can begin with; empty when that may be any word."""
    spellings = _spellings(next(_pieces(line)))
    firsts = [_word(spelling.split(" ")[0]) if spelling.split() else None for spelling in spellings]
    return frozenset(firsts) if firsts and all(firsts) else frozenset()  # type: ignore[arg-type]  # all() excludes None


def only_words(line: str) -> frozenset[str]:
    """All the words that a text may hold which this line matches from end to end; empty when they are not known."""
    line = line.replace("(?:", "(")
    if "(?" in line or re.search(r"\\[wdsb]|\w\(|\)\w", line):
        return frozenset()
    atoms = re.findall(r"[^\s()|{}^$]+", line)
    return frozenset(word for atom in atoms for spelling in _spellings(atom) for word in spelling.split()) | _MARKS


def anchors(line: str) -> tuple[frozenset[str], ...]:
    """Sets of words of which every text that matches this pattern line holds at least one each, the cheapest set first.

    Macros and gaps are already put in. No set at all means that the line must always be tried.
    """
    found = {words for piece in _pieces(line) if (words := _one_of(piece))}
    return tuple(sorted(found, key=_price))


def _price(words: frozenset[str]) -> tuple[int, list[str]]:
    return len(words) + _DEAR * len(words & _EVERYDAY), sorted(words)


def _pieces(line: str) -> Iterator[str]:
    """The line cut at its outermost spaces; a space that may be left out does not cut, nor one beside an outermost "|"."""
    cuts, start = [], 0
    for at, mark in _outermost(line):
        if mark == "|":
            yield line
            return
        if mark == " " and line[at + 1 : at + 2] not in ("?", "{"):
            cuts.append(line[start:at])
            start = at + 1
    yield from (*cuts, line[start:])


def _outermost(line: str) -> Iterator[tuple[int, str]]:
    depth, inside = 0, False
    for at, mark in enumerate(line):
        if mark == "[":
            inside = True
        elif mark == "]":
            inside = False
        depth += (mark == "(") - (mark == ")")
        if depth == 0 and not inside:
            yield at, mark


def vocabulary(line: str) -> frozenset[str]:
    """Every whole word that a pattern line writes out."""
    return frozenset(word for piece in _pieces(line) for word in _written(piece))


def draw(line: str, rng: Random) -> str:
    """One text that the pattern line would match, or nearly: what a wild piece stands for is an everyday word."""
    plain = sorted(_EVERYDAY)
    spellings = (rng.choice(sorted(_spellings(piece)) or [""]) for piece in _pieces(line))
    words = " ".join(spellings).split()
    return " ".join(rng.choice(plain) if word.startswith(_WILD) else word.replace(_WILD, "") for word in words)


@cache
def _written(piece: str) -> frozenset[str]:
    return frozenset(word for spelling in _spellings(piece) for word in spelling.split() if _WILD not in word)


@cache
def _spellings(piece: str) -> frozenset[str]:
    try:
        return frozenset(_alternatives(piece, 0, top=True)[0])
    except _TooMany:
        return frozenset()


@cache
def _one_of(piece: str) -> frozenset[str] | None:
    spellings = _spellings(piece)
    chosen = [_best(spelling) for spelling in spellings]
    return frozenset(chosen) if chosen and all(chosen) else None  # type: ignore[arg-type]  # all() excludes None


def _best(spelling: str) -> str | None:
    whole = [word for piece in spelling.split() if (word := _word(piece))]
    return max(whole, key=lambda word: (word not in _EVERYDAY, len(word)), default=None)


def _word(piece: str) -> str | None:
    """The piece itself, its stem where its end is open, None where its beginning is."""
    known, wild, _ = piece.partition(_WILD)
    if not wild:
        return piece
    return known[:_STEM] + "*" if len(known) > _STEM else None


class _TooMany(Exception):
    """The piece has more spellings than are worth writing out."""


def _alternatives(text: str, at: int, *, top: bool = False) -> tuple[set[str], int]:
    """All spellings of `a|b|c` from `at` to its end or closing bracket."""
    found: set[str] = set()
    while True:
        some, at = _sequence(text, at)
        found |= some
        if len(found) > _MOST:
            raise _TooMany
        if at < len(text) and text[at] == "|":
            at += 1
            continue
        if not top and at < len(text):
            at += 1  # the closing bracket
        return found, at


def _sequence(text: str, at: int) -> tuple[set[str], int]:
    heads = {""}
    while at < len(text) and text[at] not in "|)":
        if plain := _PLAIN.match(text, at):
            heads, at = {head + plain.group() for head in heads}, plain.end()
            continue
        atom, at = _atom(text, at)
        least, at = _repeats(text, at)
        if least == 0:
            atom = atom | {""}
        heads = {head + tail for head in heads for tail in atom}
        if len(heads) > _MOST:
            raise _TooMany
    return heads, at


def _atom(text: str, at: int) -> tuple[set[str], int]:
    if text.startswith(("(?=", "(?!", "(?<"), at):
        return {""}, _closing(text, at)
    if text[at] == "(":
        return _alternatives(text, at + (3 if text.startswith("(?:", at) else 1))
    if text[at] in "^$":
        return {""}, at + 1
    if text[at] == "[":
        end = text.index("]", at)
        inner = text[at + 1 : end]
        plain = not inner.startswith("^") and "\\" not in inner and "-" not in inner
        return (set(inner) if plain else {_WILD}), end + 1
    if text[at] == "\\":
        return ({_WILD} if text[at + 1] in "wdsbWDSB" else {text[at + 1]}), at + 2
    return ({_WILD} if text[at] == "." else {text[at]}), at + 1


def _closing(text: str, at: int) -> int:
    depth = 0
    for end in range(at, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            return end + 1
    return len(text)


def _repeats(text: str, at: int) -> tuple[int, int]:
    """How often at least the atom before stands, and where the pattern goes on."""
    match = _REPEAT.match(text, at)
    if match is None:
        return 1, at
    end = match.end() + (text.startswith("?", match.end()))
    mark = match.group()
    least = 0 if mark in "?*" else 1 if mark == "+" else int(match.group(1) or 0)
    return least, end
