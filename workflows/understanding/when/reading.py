import re
from datetime import datetime

from workflows.understanding.readings import When
from workflows.understanding.when import days, hours, stretches, wish
from workflows.understanding.when.board import TELLING, Board, apply
from workflows.understanding.when.words import LEADS, PARTNERS, cues, timely

_READ = 2_000  # characters; nobody names a time beyond
_SLASHED = re.compile(r"(?<!\S)(\d\d?) / (\d\d?)(?!\S)")
_BEHIND = re.compile(
    r"(?<!\S)(?<!\d )(week|month|quarter(?! past)|year|weekend|spring|summer|autumn|winter) (next|past|coming)(?!\S)"
)
_THIS_PART = re.compile(r"(?<!\S)this (?=(?:early |late |mid )?(?:morning|afternoon|evening|night)(?!\S))")
_SPANISH = frozenset(
    "el las los del al para hoy manana tarde noche semana mes dia dias hora horas puedo lunes martes miercoles jueves viernes".split()  # noqa: SIM905
)
_LEADS = frozenset(
    "/ oclock ish in at on to by past after before until till til between from around about am pm a p el las dia tipo for "  # noqa: SIM905
    "and or y o en de del para".split()
)
_ENGLISH = frozenset("the at on in of is my can to i week day next".split())  # noqa: SIM905
_DAY_RULES = (*stretches.COUNTED, *days.RULES, *stretches.UNITS)


def window(
    text: str, ref: datetime, *, spanish: bool = False, alone: bool = False, invited: bool = False
) -> When | None:
    """The window that a reply asks for, from normal text; None when it names no time that is wanted.

    With `alone` only a text that says little more than the time is read; `invited` when the text answers our question
    for a time, so that a short clause is enough. A time gone by is answered only when it is
    all that the text says ("last monday"). "next <weekday>" is the first such day after `ref`; it is marked ambiguous
    when that is at most three days away, where people also mean the week after. Parts of day: morning 8–12, afternoon
    12–17, evening 17–20.
    """
    text = text[:_READ].lower()
    words = frozenset(text.split())
    if (
        cues().isdisjoint(words)
        and not _is_led(words)
        and not any(_is_timely(word, words) for word in words if word[0].isdigit())
    ):
        return None
    spanish = spanish or _is_spanish(words)
    board = Board(_prepared(text, spanish=spanish), ref, spanish)
    if TELLING.isdisjoint(board.present):
        return None
    board.half = hours.half_of_day(board.text)
    apply(_DAY_RULES, board)
    apply(stretches.FROM_DAYS, board)
    apply(hours.RULES, board)
    if not board.days and not board.hours:
        return None
    if alone and not wish.is_alone(board):
        return None
    return wish.chosen(board, invited=invited)


def _is_led(words: frozenset[str]) -> bool:
    """Whether a word that leads to a time stands there with what it needs: a number, or "work", "school"."""
    return not LEADS.isdisjoint(words) and (not PARTNERS.isdisjoint(words) or any(word[0].isdigit() for word in words))


def _is_timely(word: str, words: frozenset[str]) -> bool:
    """A bare number is a time only beside one of the small words that lead to it; "3pm" and "3/12" by themselves."""
    return not word.isdigit() or not words.isdisjoint(_LEADS)


def _is_spanish(words: frozenset[str]) -> bool:
    """Whether a text too short for its language to be guessed is in Spanish by its small words."""
    return not words.isdisjoint(_SPANISH) and words.isdisjoint(_ENGLISH)


def _prepared(text: str, *, spanish: bool) -> str:
    text = _SLASHED.sub(r"\1/\2", timely(text, spanish=spanish))
    return _THIS_PART.sub("today ", _BEHIND.sub(r"\2 \1", text))
