"""May this text leave now? One pure answer with the rule that decided it; the strictest rule wins, and its line is in the ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from workflows import windows
from workflows.places import Where

PER_DAY = 1  # T6: program texts to one number on one local day
PER_WEEK = 3  # T6: in any rolling seven days
WEEK = timedelta(days=7)
ANSWER_WITHIN = timedelta(minutes=10)  # T1: an automatic answer to the patient's own text
LONGEST_VALIDITY_S = 36_000  # what Twilio accepts
SHORTEST_VALIDITY_S = 60
TALKING = timedelta(hours=24)  # an open conversation: the patient wrote within a day


class Verdict(StrEnum):
    SEND = "sent"
    HOLD = "held"  # later, at `until`
    BLOCK = "blocked"  # a cap or a window: the touch becomes a person's
    REFUSE = "refused"  # never


@dataclass(frozen=True, slots=True)
class Question:
    """Everything the answer depends on. Instants are aware UTC, business time; `ehr_age_s` is machine time."""

    purpose: str  # program, safety, opt_out, answer, booking, staff
    at: datetime
    where: Where
    step_is_current: bool = True
    suppressed: bool = False
    textable: bool = True
    consented: bool = False
    contactable: bool = True  # alive, active, not admitted, no do-not-contact
    answers_at: datetime | None = None  # when the patient's own text came that this one answers
    sent_at: tuple[datetime, ...] = ()  # program texts to this number in the last week
    sunday: bool = False
    ehr_age_s: float | None = None
    ehr_limit_s: float | None = None
    halted: str | None = None  # the rule of a halt in force: "halt.program"


@dataclass(frozen=True, slots=True)
class Answer:
    """`until` goes with HOLD; `validity_s` (how long the provider may keep trying) with SEND."""

    verdict: Verdict
    rule: str
    until: datetime | None = None
    validity_s: int = LONGEST_VALIDITY_S


def ask(question: Question) -> Answer:
    """Judge one text. Order: what forbids for ever, then what blocks this touch, then what only delays."""
    never = _never(question)
    if never:
        return Answer(Verdict.REFUSE, never)
    if question.purpose == "safety":
        return Answer(Verdict.SEND, "exempt.safety", validity_s=3600)
    if question.purpose == "opt_out":
        return Answer(Verdict.SEND, "exempt.opt_out_confirmation", validity_s=300)
    if question.halted:
        return Answer(Verdict.HOLD, question.halted)  # no instant: lifting the halt plans it again
    if question.answers_at and question.purpose == "answer" and question.at - question.answers_at <= ANSWER_WITHIN:
        return Answer(Verdict.SEND, "exempt.answer", validity_s=600)
    if question.ehr_limit_s is not None and (question.ehr_age_s is None or question.ehr_age_s > question.ehr_limit_s):
        return Answer(Verdict.HOLD, "ehr.stale", until=question.at + timedelta(minutes=1))
    if question.purpose == "program":
        capped = _cap(question)
        if capped:
            return Answer(Verdict.BLOCK, capped)
    return _window(question)


def _never(question: Question) -> str | None:
    """Rules that no waiting changes. The opt-out's own confirmation is the one text a suppressed number gets (R4)."""
    if question.suppressed and question.purpose != "opt_out":
        return "suppressed"
    if not question.textable:
        return "number.not_textable"
    if question.purpose in ("safety", "opt_out"):
        return None
    if not question.step_is_current:
        return "step.over"
    if not question.contactable:
        return "patient.not_to_be_contacted"
    if not question.consented and not (question.answers_at and question.at - question.answers_at <= TALKING):
        return "consent.none"
    return None


def _cap(question: Question) -> str | None:
    zone = ZoneInfo(windows.zones(question.where)[0])
    today = question.at.astimezone(zone).date()
    week = [at for at in question.sent_at if at > question.at - WEEK]
    if sum(at.astimezone(zone).date() == today for at in week) >= PER_DAY:
        return "cap.day"
    return "cap.week" if len(week) >= PER_WEEK else None


def _window(question: Question) -> Answer:
    verdict = windows.check(question.where, question.at, sunday=question.sunday)
    if not verdict.open:
        blocks = question.purpose == "program"
        return Answer(Verdict.BLOCK if blocks else Verdict.HOLD, f"window.{verdict.rule}", until=verdict.opens_at)
    left = int((verdict.closes_at - question.at).total_seconds()) if verdict.closes_at else LONGEST_VALIDITY_S
    if left < SHORTEST_VALIDITY_S:
        blocks = question.purpose == "program"
        later = question.at + timedelta(seconds=left + 1)
        return Answer(Verdict.BLOCK if blocks else Verdict.HOLD, "window.closing", until=later)
    return Answer(Verdict.SEND, "gate.open", validity_s=min(LONGEST_VALIDITY_S, left))
