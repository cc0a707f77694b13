import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import chain

from workflows.understanding.when.dates import Span, midnight
from workflows.understanding.when.words import MONTHS, WEEKDAYS

SEASONS = ("spring", "summer", "autumn", "winter")
UNITS = ("minute", "hour", "day", "week", "fortnight", "month", "quarter", "year", "weekend")
_KINDS = (
    dict.fromkeys(WEEKDAYS, "weekday")
    | dict.fromkeys(MONTHS, "month")
    | dict.fromkeys(UNITS, "unit")
    | dict.fromkeys(SEASONS, "season")
    | dict.fromkeys(("overmorrow", "tomorrow", "today", "yesterday", "ereyesterday"), "near")
    | {"soonest": "soonest"}
    | dict.fromkeys(("early", "mid", "late", "begin", "end"), "edge")
    | dict.fromkeys(("dawn", "morning", "afternoon", "evening", "night", "am", "pm"), "part")
)
# Without one of these kinds or words no rule makes a time.
TELLING = frozenset(
    "weekday month unit season near soonest part digit holiday noon midnight eod weekend weekdays _idiom work working trabajo "  # noqa: SIM905
    "trabajar trabaje job school class escuela clase clases off salir".split()
)
_MACROS = {
    "W": "(?:" + "|".join(WEEKDAYS) + ")",
    "M": "(?:" + "|".join(MONTHS) + ")",
    "U": "(?:" + "|".join(UNITS) + ")",
    "S": "(?:" + "|".join(SEASONS) + ")",
    "Y": r"(?:(?:19|20|21)\d\d)",
    "R": "(?:this|next|last|past|coming)",
}
_MACRO = re.compile(r"<([WMUSYR])>")


@dataclass(frozen=True, slots=True)
class Hours:
    """A time of day in minutes after midnight. `exact`: a clock time, not a window; `part`: only "morning" and the like."""

    start: int
    end: int
    exact: bool = False
    part: bool = False
    ambiguous: bool = False
    loose: bool = False  # "after work", which a clock time beside it makes plain


@dataclass(slots=True)
class Board:
    """The text while it is read: what was found is replaced by "D0", "D1" … and "H0" …, so that later rules build on it."""

    text: str
    now: datetime
    spanish: bool
    days: list[Span] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    present: frozenset[str] = frozenset()
    half: str | None = None  # "am" or "pm" when a part of the day tells which half of it a bare hour is in

    def __post_init__(self) -> None:
        self.present = kinds(self.text)

    @property
    def today(self) -> datetime:
        """The midnight with which the day of receipt began."""
        return midnight(self.now)


Build = Callable[[re.Match[str], Board], Span | Hours | str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """What to look for, and what it means; it is tried only when a word of its kind stands in the text."""

    kind: str
    pattern: re.Pattern[str]
    build: Build

    def apply(self, board: Board) -> None:
        """Replace what the pattern finds by a day or by other words; a match that means nothing stays."""

        def placed(match: re.Match[str]) -> str:
            try:
                found = self.build(match, board)
            except (ValueError, OverflowError):
                return match.group()  # a year or a day that no calendar has
            if isinstance(found, Span):
                board.days.append(found)
                return f"D{len(board.days) - 1}"
            if isinstance(found, Hours):
                board.hours.append(found)
                return f"H{len(board.hours) - 1}"
            return found or match.group()

        board.text = self.pattern.sub(placed, board.text)


def pattern(source: str) -> re.Pattern[str]:
    """A pattern over whole tokens; <W> is a weekday, <M> a month, <U> a unit, <S> a season, <Y> a year, <R> this/next/last."""
    return re.compile(r"(?<!\S)(?:" + _MACRO.sub(lambda m: _MACROS[m.group(1)], source) + r")(?!\S)")


_NEGATION = re.compile(r"(?<!\S)(?:not|no|cant|wont|dont|never|busy|unavailable|away|puedo|podre)(?: \S+){0,4} ?$")


def is_denied(match: re.Match[str]) -> bool:
    """Whether the words before a match deny it: "not before", "cant until"."""
    return _NEGATION.search(match.string[max(0, match.start() - 60) : match.start()]) is not None


def kinds(text: str) -> frozenset[str]:
    """The kinds of time words that stand in a text."""
    tokens = text.split()
    return frozenset((*tokens, *chain.from_iterable(map(_kinds, tokens))))


@lru_cache(maxsize=4_096)
def _kinds(token: str) -> tuple[str, ...]:
    if token[0].isdigit():
        joined = ("joined",) if any(mark in token for mark in "/.-") else ()
        return ("digit", "nth") if token.endswith("th") else ("digit", *joined)
    kind = _KINDS.get(token) or ("holiday" if token.startswith("holiday:") else None)
    return (kind,) if kind else ()


def apply(rules: Iterable[Rule], board: Board) -> None:
    """Run the rules in their order, each only when a word of its kind stands in the text."""
    for rule in rules:
        if rule.kind in board.present or (rule.kind == "found" and board.days):
            before = board.text
            rule.apply(board)
            if board.text != before:
                board.present = kinds(board.text)


def collector(rules: list[Rule]) -> Callable[[str, str], Callable[[Build], Build]]:
    """A decorator that puts a function into `rules` as what its pattern means."""

    def rule(kind: str, source: str) -> Callable[[Build], Build]:
        def take(build: Build) -> Build:
            rules.append(Rule(kind, pattern(source), build))
            return build

        return take

    return rule
