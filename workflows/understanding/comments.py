from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from workflows.understanding import data_files, linear

_REACH = 5  # words that a negation turns round
_TURNED = {True: -0.8, False: -0.4}  # "not good" is nearly bad, "not bad" hardly good
_BOOST = 1.4
_DENIED, _ABSENT = -0.3, -0.6
_BEFORE_TURN, _AFTER_TURN = 0.6, 1.4
_PRAISE = 1.5
TABLE = "comments.tsv"
_COMPLAINT = 0.2  # from which a comment is a complaint: its log-odds and, for so much, the balance of its words; set on development
_WORDS_COUNT = 0.8
_TELLING = 3  # a shorter comment's words speak for themselves
_PRIOR = (-3.0, -3.0, -3.0, -2.5, -2.0, -1.0, -0.5, 0.0, 0.0, 1.5, 2.0)  # what a score of 0 to 10 says by itself
_ANY = "_"  # in a phrase: any one word
_ENDS = frozenset((".", "?"))


@dataclass(frozen=True, slots=True)
class Comment:
    """What a comment says for and against us, where its heaviest words stand, and the trained log-odds of a complaint."""

    for_us: float
    against: float
    worst: tuple[int, int] | None
    best: tuple[int, int] | None
    odds: float

    @property
    def balance(self) -> float:
        """Below zero: not content."""
        return self.for_us - self.against


@dataclass(frozen=True, slots=True)
class _Weights:
    words: dict[str, float]
    stems: dict[str, float]
    phrases: dict[tuple[str, ...], list[tuple[tuple[str, ...], float]]]
    negations: frozenset[str]
    absences: frozenset[str]
    boosters: frozenset[str]
    turns: frozenset[str]

    def of(self, word: str) -> float:
        known = self.words.get(word)
        if known is not None:
            return known
        return next((self.stems[word[:n]] for n in range(min(len(word), 12), 2, -1) if word[:n] in self.stems), 0.0)


def of(text: str) -> Comment:
    """Weigh a normal text: the words of `comments.yaml` in one walk over it, and all its words by the trained table."""
    found = sorted(_weighed(text))
    for_us = sum(value for value, _, _ in found if value > 0)
    against = -sum(value for value, _, _ in found if value < 0)
    odds, loudest = linear.model(TABLE).odds(text, counted(for_us, against))
    return Comment(
        for_us=for_us,
        against=against,
        worst=found[0][1:] if found and found[0][0] < 0 else loudest,
        best=found[-1][1:] if found and found[-1][0] > 0 else None,
        odds=odds if len(text.split()) > _TELLING else 0.0,
    )


def counted(for_us: float, against: float) -> tuple[str, str, str]:
    """The weights of a comment's words as features of the trained table."""
    balance = max(-5, min(5, round((for_us - against) / 2)))
    return f"#balance {balance}", f"#against {min(4, round(against / 2))}", f"#for {min(4, round(for_us / 2))}"


def label(comment: Comment, score: int | None) -> str | None:
    """ "complaint" or "praise" where the words, together with the score given beside them, say so clearly enough."""
    prior = 0.0 if score is None else _PRIOR[score]
    if comment.odds - _WORDS_COUNT * comment.balance - prior > _COMPLAINT:
        return "complaint"
    return "praise" if comment.best and comment.balance + prior >= _PRAISE and comment.odds - prior < 0 else None


def _weighed(text: str) -> Iterator[tuple[float, int, int]]:
    """The value of each telling word or phrase of the text, sentence by sentence, and its place."""
    known = _weights()
    tokens, starts = text.split(), _starts(text)
    sentence: list[tuple[float, int, int]] = []
    turned_at, at, boosted = 0, 0, False
    denied = _Denied()
    while at < len(tokens):
        word = tokens[at]
        taken, value = _phrase(tokens, at, known)
        if not taken:
            taken, value = 1, known.of(word)
            value = value * _TURNED[value > 0] if value and denied.reach else value
            value = value * _BOOST if boosted else value
        if value:
            denied.answered()
            sentence.append((value, starts[at], starts[at + taken - 1] + len(tokens[at + taken - 1])))
        boosted = word in known.boosters
        ends = word in _ENDS or at + taken >= len(tokens)
        sentence += denied.walked(taken, over=ends or word == "," or word in known.turns)
        if word in known.negations and taken == 1:
            denied.begun(starts[at], starts[at] + len(word), _ABSENT if word in known.absences else _DENIED)
        if word in known.turns:
            turned_at = len(sentence)
        if ends:
            yield from _turned(sentence, turned_at)
            sentence, turned_at = [], 0
        at += taken


@dataclass(slots=True)
class _Denied:
    """What a negation is said of: the next words, up to a comma. One that meets no telling word is a small reproach."""

    reach: int = 0
    place: tuple[float, int, int] | None = None

    def begun(self, start: int, end: int, value: float) -> None:
        self.reach, self.place = _REACH, (value, start, end)

    def answered(self) -> None:
        self.place = None

    def walked(self, words: int, *, over: bool) -> list[tuple[float, int, int]]:
        self.reach = 0 if over else max(0, self.reach - words)
        if self.reach or self.place is None:
            return []
        place, self.place = self.place, None
        return [place]


def _turned(sentence: list[tuple[float, int, int]], turned_at: int) -> Iterator[tuple[float, int, int]]:
    """What stands after a "but" weighs more than what stands before it."""
    for number, (value, start, end) in enumerate(sentence):
        factor = 1.0 if not turned_at else _AFTER_TURN if number >= turned_at else _BEFORE_TURN
        yield value * factor, start, end


def _phrase(tokens: list[str], at: int, known: _Weights) -> tuple[int, float]:
    """The longest phrase that begins here: how many words it takes, and its value."""
    longest = 0, 0.0
    first = tokens[at]
    for begins in tuple(tokens[at : at + 2]), (first, _ANY), (first,):
        for words, value in known.phrases.get(begins, ()):
            said = tokens[at : at + len(words)]
            if len(words) > longest[0] and len(said) == len(words) and all(map(_fits, words, said)):
                longest = len(words), value
                break
    return longest


def _fits(written: str, said: str) -> bool:
    return written in (_ANY, said)


def _starts(text: str) -> list[int]:
    found, at = [], 0
    for word in text.split(" "):
        if word:
            found.append(at)
        at += len(word) + 1
    return found


@cache
def _weights() -> _Weights:
    data = data_files.read(data_files.FOLDER / "comments.yaml")
    words: dict[str, float] = {}
    stems: dict[str, float] = {}
    for weight, listed in data["words"].items():
        for word in listed.split():
            (stems if word.endswith("*") else words)[word.rstrip("*")] = float(weight)
    phrases: dict[tuple[str, ...], list[tuple[tuple[str, ...], float]]] = {}
    for weight, lines in data["phrases"].items():
        for line in lines:
            for written in product(*(word.split("|") for word in line.split())):
                phrases.setdefault(written[:2], []).append((written, float(weight)))
    for listed in phrases.values():
        listed.sort(key=lambda entry: -len(entry[0]))
    return _Weights(
        words,
        stems,
        phrases,
        *(frozenset(data[name].split()) for name in ("negations", "absences", "boosters", "turns")),
    )
