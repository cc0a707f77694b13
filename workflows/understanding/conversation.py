"""What a reply says besides its intents: the objection, the next step asked for, and any promise. Data for cases and KPIs (S26, S92)."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflows.understanding.lexicon import Hit

OBJECTIONS = ("cost", "transport", "time", "fear", "elsewhere", "upset")
PROMISES = ("patient_calls", "patient_does", "we_promised")
ASKED_BY_WORDS = ("results", "refill", "send_information")
# The step that an intent asks for by itself; the first that fits is the one.
_BY_INTENT = (
    ("opt_out", "stop"),
    ("human", "call"),
    ("reschedule", "reschedule"),
    ("cancel", "cancel"),
    ("time_given", "schedule"),
    ("ready", "schedule"),
    ("defer", "ask_later"),
    ("contact_pref", "change_contact"),
    ("billing", "billing"),
    ("not_understood", "explain"),
    ("question", "answer"),
    ("help", "answer"),
)
NEXT_STEPS = (*ASKED_BY_WORDS, *dict.fromkeys(step for _, step in _BY_INTENT))


@dataclass(frozen=True, slots=True)
class Said:
    """Each is one code of its closed set, or None; `proof` is (rule, start, end) in the normal text."""

    objection: str | None
    next_step: str | None
    promise: str | None
    proof: tuple[tuple[str, int, int], ...]


def said(hits: Iterable[Hit], intents: Iterable[str]) -> Said:
    """The objection, next step and promise among the hits of a text whose intents are known."""
    known = set(intents)
    by_intent = next((step for intent, step in _BY_INTENT if intent in known), None)
    mine = [hit for hit in hits if hit.concept.kind == "conversation"]
    if not mine:
        return Said(None, by_intent, None, ())
    named = {hit.concept.name: (hit.concept.rule, hit.start, hit.end) for hit in reversed(mine)}
    objection, promise, asked = (_first(named, codes) for codes in (OBJECTIONS, PROMISES, ASKED_BY_WORDS))
    step = asked or by_intent
    return Said(objection, step, promise, tuple(named[code] for code in (objection, promise, asked) if code))


def _first(named: dict[str, tuple[str, int, int]], codes: Iterable[str]) -> str | None:
    return min((code for code in codes if code in named), key=lambda code: named[code][1], default=None)
