"""Slips of the thumb in long words: "breathe" typed as "braethe". One slip is put right; a word that exists is left alone."""

from collections.abc import Iterable, Iterator
from functools import cache

from workflows.understanding import data_files, derived, lexicon

SHORTEST = 5  # letters; in shorter words one slip too often makes another word
_LONG = 8  # letters; from here on any other letter may be the slip
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
    known, slips = _slips()
    if word in known:
        return word
    found = {target for part in (word, *_shorter(word)) for target in slips.get(part, ()) if _one_slip(word, target)}
    return (
        min(found, key=lambda target: (-len(target), target)) if found else word
    )  # a letter left out is the commonest


@cache
def _slips() -> tuple[frozenset[str], dict[str, list[str]]]:
    return derived.kept("slips", _made_slips)


def _made_slips() -> tuple[frozenset[str], dict[str, list[str]]]:
    """The words left alone, and for each shortened word the words of the lexicons that it may have come from."""
    targets = {word for word in lexicon.vocabulary() if len(word) >= SHORTEST and word.isalpha()}
    slips: dict[str, list[str]] = {}
    for target in sorted(targets):
        for part in (target, *_shorter(target)):
            slips.setdefault(part, []).append(target)
    return frozenset(targets) | data_files.lines("neighbours.txt") | _times(), slips


def _times() -> frozenset[str]:
    """The words of the time grammar, which are no slips of others ("march", "marzo")."""
    data = data_files.read(data_files.FOLDER / "times.yaml")
    names = [line for name, group in data.items() if name != "wish" for words in group.values() for line in words]
    return frozenset(word for line in names for word in line.split())


def _shorter(word: str) -> set[str]:
    """The word without one of its letters; a first letter is hardly ever the slip, so it stays in words of normal length."""
    return {word[:at] + word[at + 1 :] for at in range(0 if len(word) > 2 * SHORTEST else 1, len(word))}


def _one_slip(word: str, target: str) -> bool:
    """Whether one letter more, less, other or swapped with its neighbour makes the one of the other."""
    first = next(
        (at for at, (a, b) in enumerate(zip(word, target, strict=False)) if a != b), min(len(word), len(target))
    )
    one, two = word[first:], target[first:]
    if one[1:] == two[1:] and one and two:
        return len(word) >= _LONG or _mistaken(one[0], two[0])
    return one[1:] == two or one == two[1:] or (one[:2] == two[1::-1] and one[2:] == two[2:])


def beside(letter: str) -> str:
    """The keys that lie beside a letter's."""
    return _NEAR.get(letter, "").replace(letter, "")


def _mistaken(a: str, b: str) -> bool:
    """Whether the one letter is typed for the other: keys side by side, or letters that sound alike."""
    return b in _NEAR.get(a, "") or any(a in alike and b in alike for alike in _ALIKE)


def neighbours(dictionary: Iterable[str]) -> Iterator[str]:
    """The words of a dictionary that would be taken for a slip of a word of the lexicons: what neighbours.txt must hold."""
    targets, slips = {word for word in lexicon.vocabulary() if len(word) >= SHORTEST}, _slips()[1]
    for word in sorted(set(dictionary) - targets):
        if len(word) >= SHORTEST and any(_one_slip(word, t) for p in (word, *_shorter(word)) for t in slips.get(p, ())):
            yield word
