"""Slips of the thumb in long words: "breathe" typed as "braethe". One slip is put right; a word that exists is left alone."""

from collections.abc import Iterable, Iterator
from functools import cache

from workflows.understanding import data_files, lexicon

SHORTEST = 5  # letters; in shorter words one slip too often makes another word
_LONG = 8  # letters; from here on any other letter may be the slip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ROWS = "qwertyuiop", "asdfghjkl", "zxcvbnm"
_ALIKE = "aeiouy", "sczx", "bvfp", "gj", "kcq", "mn", "dt", "lr"
_NEAR = {
    key: "".join(other[max(0, at - 1) : at + 2] for other in _ROWS[max(0, number - 1) : number + 2])
    for number, row in enumerate(_ROWS)
    for at, key in enumerate(row)
}


def right(word: str) -> str:
    """The one word of the lexicons that `word` is a slip of (a letter too many, missing, wrong or swapped), else `word`."""
    if len(word) < SHORTEST or not word.isalpha():
        return word
    targets = _targets()
    if word in targets or word in data_files.lines("neighbours.txt") or word in _times():
        return word
    found = targets.intersection(_meant(word))
    return (
        min(found, key=lambda target: (-len(target), target)) if found else word
    )  # a letter left out is the commonest


@cache
def _targets() -> frozenset[str]:
    """The long words of the lexicons."""
    return frozenset(word for word in lexicon.vocabulary() if len(word) >= SHORTEST and word.isalpha())


@cache
def _times() -> frozenset[str]:
    """The words of the time grammar, which are no slips of others ("march", "marzo")."""
    data = data_files.read(data_files.FOLDER / "times.yaml")
    names = [line for name, group in data.items() if name != "wish" for words in group.values() for line in words]
    return frozenset(word for line in names for word in line.split())


def _meant(word: str) -> Iterator[str]:
    """Every word that this one is a single slip of; a first letter is hardly ever the slip, so it stays in words of normal length."""
    for at in range(0 if len(word) > 2 * SHORTEST else 1, len(word)):
        head, letter, tail = word[:at], word[at], word[at + 1 :]
        yield head + tail
        if tail:
            yield head + tail[0] + letter + tail[1:]
        yield from (head + other + tail for other in (_LETTERS if len(word) >= _LONG else _mistaken(letter)))
        yield from (head + other + letter + tail for other in _LETTERS)
    yield from (word + other for other in _LETTERS)


def beside(letter: str) -> str:
    """The keys that lie beside a letter's."""
    return _NEAR.get(letter, "").replace(letter, "")


@cache
def _mistaken(letter: str) -> str:
    """The letters that this one may be typed for: keys side by side, or letters that sound alike."""
    return _NEAR.get(letter, "") + "".join(alike for alike in _ALIKE if letter in alike)


def neighbours(dictionary: Iterable[str]) -> Iterator[str]:
    """The words of a dictionary that would be taken for a slip of a word of the lexicons: what neighbours.txt must hold."""
    targets = _targets()
    for word in sorted(set(dictionary) - targets):
        if len(word) >= SHORTEST and not targets.isdisjoint(_meant(word)):
            yield word
