"""How well readings agree with labels: the figures that the goals are set for, each with its 95 % interval."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.intervals import wilson
from workflows.understanding.readings import Reading, Urgency
from workflows.understanding.verdict import read

FLAGGED = Urgency.CLINICAL.weight
SURVEY = "survey_0_10"


@dataclass(frozen=True, slots=True)
class Figure:
    """One share: `hits` of `n`, with Wilson's 95 % interval."""

    name: str
    hits: int
    n: int

    @property
    def share(self) -> float:
        """hits / n, 0 for nothing to count."""
        return self.hits / self.n if self.n else 0.0

    def plain(self) -> dict[str, Any]:
        """The figure for a machine."""
        low, high = wilson(self.n, self.hits)
        return {"name": self.name, "hits": self.hits, "n": self.n, "share": self.share, "low": low, "high": high}

    def line(self) -> str:
        """One line for a terminal; a share of nothing is no share."""
        if not self.n:
            return f"{self.name:58}{0:6}/{0:<6} no data"
        low, high = wilson(self.n, self.hits)
        return f"{self.name:58}{self.hits:6}/{self.n:<6}{self.share:8.2%}   {low:7.2%} – {high:7.2%}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled line and what was read."""

    row: Mapping[str, Any]
    reading: Reading

    @property
    def wanted(self) -> Urgency:
        """The labelled urgency."""
        return Urgency(self.row["urgency"])

    @property
    def emergency(self) -> bool:
        """Labelled an emergency."""
        return self.wanted is Urgency.EMERGENCY

    @property
    def clinical(self) -> bool:
        """Labelled urgent or clinical."""
        return self.wanted in (Urgency.URGENT, Urgency.CLINICAL)

    @property
    def plain(self) -> bool:
        """Labelled as no clinical matter."""
        return self.wanted.weight < FLAGGED

    @property
    def flagged(self) -> bool:
        """Read as a clinical matter of any tier."""
        return self.reading.urgency.weight >= FLAGGED

    @property
    def reaches(self) -> bool:
        """A nurse or a reviewer sees it."""
        return self.flagged or self.reading.review

    @property
    def labels(self) -> frozenset[str]:
        """The labels it should have."""
        return frozenset(self.row["labels"])

    @property
    def right(self) -> bool:
        """The urgency is right to the tier."""
        return self.reading.urgency is self.wanted


# name, which lines count, which of them are hits
_Test = Callable[[Judged], bool]


def iso(reading: Reading) -> str | None:
    """The start of the time asked for, as a label has it."""
    return reading.when.iso() if reading.when else None


def same_time(j: Judged) -> bool:
    """Whether the time read is the labelled one, to the minute or to the day as it is labelled: "T15:00" is "T15:00:00"."""
    wanted, found = j.row.get("when"), iso(j.reading)
    if not wanted or not found or ("T" in wanted) != ("T" in found):
        return wanted == found
    return datetime.fromisoformat(wanted) == datetime.fromisoformat(found)


_LABELLED: tuple[tuple[str, _Test, _Test], ...] = (
    ("emergency recall, strict", lambda j: j.emergency, lambda j: j.right),
    ("emergency reaching a human (incl. review)", lambda j: j.emergency, lambda j: j.reaches),
    ("emergency recall, Spanish and mixed", lambda j: j.emergency and j.row.get("lang") != "en", lambda j: j.right),
    ("urgent + clinical flagged clinical", lambda j: j.clinical, lambda j: j.flagged),
    ("urgent + clinical incl. review", lambda j: j.clinical, lambda j: j.reaches),
    ("false clinical on non-clinical", lambda j: j.plain, lambda j: j.flagged),
    ("false emergency on non-clinical", lambda j: j.plain, lambda j: j.reading.urgency is Urgency.EMERGENCY),
    ("opt-out precision", lambda j: j.reading.opt_out, lambda j: bool(j.row["opt_out"])),
    ("opt-out recall", lambda j: bool(j.row["opt_out"]), lambda j: j.reading.opt_out),
    ("survey score exact", lambda j: j.row.get("context") == SURVEY, lambda j: j.reading.score == j.row["score"]),
    ("complaint flagged", lambda j: "complaint" in j.labels, lambda j: "complaint" in j.reading.intents),
    ("false complaint", lambda j: "complaint" not in j.labels, lambda j: "complaint" in j.reading.intents),
    ("time exact", lambda j: bool(j.row.get("when")), same_time),
    ("false time", lambda j: not j.row.get("when"), lambda j: j.reading.when is not None),
    ("review rate", lambda _: True, lambda j: j.reading.review),
    ("urgency right when not in review", lambda j: not j.reading.review, lambda j: j.right),
    ("urgency right", lambda _: True, lambda j: j.right),
)
_UNLABELLED: tuple[tuple[str, Callable[[Reading], bool]], ...] = (
    ("emergency", lambda r: r.urgency is Urgency.EMERGENCY),
    ("urgent or more", lambda r: r.urgency.weight >= Urgency.URGENT.weight),
    ("clinical or more", lambda r: r.urgency.weight >= FLAGGED),
    ("clinical or more, or review", lambda r: r.urgency.weight >= FLAGGED or r.review),
    ("opt-out", lambda r: r.opt_out),
    ("complaint", lambda r: "complaint" in r.intents),
    ("time", lambda r: r.when is not None),
    ("review", lambda r: r.review),
)


def judged(rows: Iterable[Mapping[str, Any]]) -> list[Judged]:
    """Labelled rows (`text`, `context`, `ref` and the labels) with their readings."""
    return [
        Judged(row, read(row["text"], context=row.get("context"), ref=datetime.fromisoformat(row["ref"])))
        for row in rows
    ]


def figures(found: Iterable[Judged]) -> list[Figure]:
    """All shares of a labelled set; for lines without labels the rate of each thing that could be false."""
    every = list(found)
    labelled = [j for j in every if "urgency" in j.row]
    bare = [j.reading for j in every if "urgency" not in j.row]
    result = [Figure(name, *_count(labelled, counts, hits)) for name, counts, hits in _LABELLED] if labelled else []
    if bare:
        result += [Figure(f"unlabelled: {name}", sum(map(test, bare)), len(bare)) for name, test in _UNLABELLED]
    return result


def _count(found: list[Judged], counts: _Test, hits: _Test) -> tuple[int, int]:
    counted = [j for j in found if counts(j)]
    return sum(map(hits, counted)), len(counted)


def f1(found: Iterable[Judged]) -> dict[str, float]:
    """F1 of each label that the set holds; the mean of them is the macro-F1."""
    right, said, wanted = Counter[str](), Counter[str](), Counter[str]()
    for j in found:
        if "labels" in j.row:
            right.update(j.labels & set(j.reading.intents))
            said.update(j.reading.intents)
            wanted.update(j.labels)
    return {label: 2 * right[label] / (said[label] + wanted[label]) for label in sorted(wanted)}


def misses(found: Iterable[Judged]) -> list[str]:
    """The lines whose urgency, opt-out or score was read wrongly: id, wanted, read and the rules that decided."""
    return [_miss(j) for j in found if "urgency" in j.row and not _agrees(j)]


def _agrees(j: Judged) -> bool:
    return j.right and j.reading.opt_out == j.row["opt_out"] and j.reading.score == j.row["score"]


def _miss(j: Judged) -> str:
    rules = ", ".join(dict.fromkeys(e.rule for e in j.reading.evidence)) or "no rule"
    read_as = f"{j.reading.urgency.value}{' + review' if j.reading.review else ''}"
    return f"{j.row['id']}: wanted {j.wanted.value}, read {read_as} ({rules}): {j.row['text']}"
