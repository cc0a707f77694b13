"""Linear models over words, pairs of words and pieces of words; their weights are plain data made by `tests.opinion_training`."""

from collections.abc import Iterable, Iterator
from functools import cache

from workflows.understanding import data_files

BIAS = "<bias>"
_PIECE = 4  # letters of a piece of a word


class Model:
    """The weights of one table of data, in log-odds."""

    def __init__(self, name: str) -> None:
        rows = (line.rpartition("\t") for line in data_files.rows(name))
        self._weights = {feature: int(weight) / 100 for feature, _, weight in rows}
        self._of_words: dict[str, float] = {}

    def odds(self, text: str, also: Iterable[str] = ()) -> tuple[float, tuple[int, int]]:
        """The log-odds of a normal text, and where the word stands that speaks loudest for it.

        `also` are features that do not stand in the text as words.
        """
        weights = self._weights
        total, before, at = weights.get(BIAS, 0.0) + sum(weights.get(f, 0.0) for f in also), "", 0
        strongest, span = 0.0, (0, 0)
        for word in text.split():
            weight = self._word(word) + weights.get(f"{before} {word}", 0.0)
            if weight > strongest:
                strongest, span = weight, (at, at + len(word))
            total, before, at = total + weight, word, at + len(word) + 1
        return total, span

    def _word(self, word: str) -> float:
        known = self._of_words.get(word)
        if known is None:
            known = sum(self._weights.get(feature, 0.0) for feature in word_features(word))
            if len(self._of_words) < _KEPT:
                self._of_words[word] = known
        return known


_KEPT = 50_000  # words whose sums are kept


@cache
def model(name: str) -> Model:
    """The model of a table under `data/`, read once a process."""
    return Model(name)


def features(text: str) -> Iterator[str]:
    """What a model looks at in a normal text; the training counts the same."""
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
