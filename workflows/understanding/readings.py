from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

VERSION = "2"


class Urgency(StrEnum):
    """How soon a person must act: 911/988 class, same-day nurse, any clinical matter, desk work, nothing."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    CLINICAL = "clinical"
    ADMIN = "admin"
    NONE = "none"

    @property
    def weight(self) -> int:
        """Order for comparisons: the more urgent weighs more."""
        return _WEIGHT[self._value_]


_WEIGHT = {"none": 0, "admin": 1, "clinical": 2, "urgent": 3, "emergency": 4}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why: the rule's id and the words it stood on; the span counts characters of the original text."""

    rule: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class When:
    """A window the patient asked for, in naive local time. `grain`: minute, part, day, week or month."""

    start: datetime
    end: datetime
    grain: str
    ambiguous: bool

    def label(self) -> str:
        """The window as staff read it on a card: "Tue 12–17", "Tue Dec 1, 3:00 pm", "Tue", "week of Dec 7"."""
        day = _DAYS[self.start.weekday()]
        date = f"{_MONTHS[self.start.month - 1]} {self.start.day}"
        if self.grain == "minute":
            clock = f"{(self.start.hour - 1) % 12 + 1}:{self.start:%M} {'am' if self.start.hour < 12 else 'pm'}"
            return f"{day} {date}, {clock}"
        if self.grain == "week":
            hours = "" if self.end - self.start >= timedelta(days=5) and self.start.hour == 0 else self._hours()
            return f"week of {date}{hours}"
        last = self.end - timedelta(minutes=1)
        if self.grain == "month":
            first, to = _MONTHS[self.start.month - 1], _MONTHS[last.month - 1]
            return first if first == to else f"{first}–{to}"
        if self.grain == "day" and last.date() > self.start.date():
            return f"{date}–{_MONTHS[last.month - 1]} {last.day}"
        return f"{day}{self._hours()}" if self.grain == "part" else day

    def _hours(self) -> str:
        return f" {_hour(self.start)}–{_hour(self.end)}"

    def iso(self) -> str:
        """A date for whole days and longer, a date and time otherwise."""
        return self.start.isoformat() if self.grain in ("minute", "part") else self.start.date().isoformat()


def _hour(at: datetime) -> str:
    return f"{at.hour}:{at:%M}" if at.minute else str(at.hour)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one inbound text means. `choice` is a bare digit answer; `score` is set only under a survey question.

    `objection`, `next_step` and `promise` are codes of conversation.py's closed sets.
    """

    intents: tuple[str, ...]
    urgency: Urgency
    confidence: float
    review: bool
    opt_out: bool
    score: int | None
    when: When | None
    language: str | None
    choice: int | None
    objection: str | None
    next_step: str | None
    promise: str | None
    evidence: tuple[Evidence, ...]
    version: str


def to_line(id: str, reading: Reading) -> dict[str, Any]:
    """One answer of `app.py understand`; `when` is the ISO start of the window or null."""
    return {
        "id": id,
        "intents": list(reading.intents),
        "urgency": reading.urgency.value,
        "confidence": reading.confidence,
        "review": reading.review,
        "opt_out": reading.opt_out,
        "score": reading.score,
        "when": reading.when.iso() if reading.when else None,
        "objection": reading.objection,
        "next_step": reading.next_step,
        "evidence": [{"rule": e.rule, "span": [e.start, e.end], "text": e.text} for e in reading.evidence],
    }
