"""A trained second reader: it may ask for a person where the lexicon saw no clinical matter, and nothing else.

A linear model over words, pairs of words and pieces of words; its weights are plain data (data/opinion.tsv), made by
`python -m tests.opinion_training` from the lexicons' own patterns and the development messages.
"""

from collections.abc import Iterator
from functools import cache, lru_cache

from workflows.understanding import data_files

BIAS = "<bias>"
SURE = 1.0  # log-odds from which a person is asked, set by cross-validation on the development messages
_PIECE = 4  # letters of a piece of a word


def asks_for_a_person(text: str) -> tuple[int, int] | None:
    """Where the word stands that makes a normal text sound most like a matter of the body; None when it does not sound so."""
    weights, total, before, at = _weights(), _weights()[BIAS], "", 0
    strongest, span = 0.0, (0, 0)
    for word in text.split():
        weight = _word(word) + weights.get(f"{before} {word}", 0.0)
        if weight > strongest:
            strongest, span = weight, (at, at + len(word))
        total, before, at = total + weight, word, at + len(word) + 1
    return span if total > SURE else None


def features(text: str) -> Iterator[str]:
    """What the model looks at in a normal text; the training counts the same."""
    before = ""
    for word in text.split():
        yield from word_features(word)
        yield f"{before} {word}"
        before = word


def word_features(word: str) -> Iterator[str]:
    """The word itself and, of a longer one, its overlapping pieces."""
    yield word
    if len(word) > _PIECE:
        framed = f"<{word}>"
        yield from (framed[at : at + _PIECE] + "~" for at in range(len(framed) - _PIECE + 1))


@lru_cache(maxsize=50_000)
def _word(word: str) -> float:
    weights = _weights()
    return sum(weights.get(feature, 0.0) for feature in word_features(word))


@cache
def _weights() -> dict[str, float]:
    rows = (line.rpartition("\t") for line in data_files.lines("opinion.tsv"))
    return {feature: int(weight) / 100 for feature, _, weight in rows}
