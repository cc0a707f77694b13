"""May this text leave now? One pure answer with the rule that decided it; the strictest rule wins, and its line is in the ledger."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from workflows import state_rules, windows
from workflows.places import Where
from workflows.windows import DEFAULT_HOURS, Hours

PER_DAY = 1  # T6: program texts to one number on one local day
PER_WEEK = 3  # T6: in any rolling seven days
DAY = timedelta(hours=24)
WEEK = timedelta(days=7)
ANSWER_WITHIN = timedelta(minutes=10)  # T1: an automatic answer to the patient's own text
LONGEST_VALIDITY_S = 36_000  # what Twilio accepts
SHORTEST_VALIDITY_S = 60
TALKING = timedelta(hours=24)  # an open conversation: the patient wrote within a day
TO_ANSWER = timedelta(
    hours=2
)  # a text that waited must still leave the patient this long before the step's own time is over
ASK_AGAIN = timedelta(minutes=5)  # when an ailing provider is looked at again
_TRIES = 20


class Verdict(StrEnum):
    SEND = "sent"
    HOLD = "held"  # later, at `until`
    BLOCK = "blocked"  # waiting would be too late: the touch becomes a person's
    REFUSE = "refused"  # never


@dataclass(frozen=True, slots=True)
class Question:
    """Everything the answer depends on. Instants are aware UTC, business time; `ehr_age_s` is machine time."""

    purpose: str  # program, safety, opt_out, answer, booking, staff
    at: datetime
    where: Where
    step_is_current: bool = True
    suppressed: frozenset[str] = frozenset()  # "all", "marketing", "wrong_number"
    textable: bool = True
    consents: frozenset[str] = frozenset()  # "care", "marketing" (written)
    consent_class: str = "care"
    contactable: bool = True  # alive, active, not admitted, no do-not-contact
    channel_allowed: bool = True  # on the organisation's and the program's list
    prefers: str | None = None  # the channel the patient asked for instead of texts
    proxy: str | None = None  # why the person at this number may not be written to: ended, came_of_age, confidential
    sender_is_neutral: bool = True  # False: a sensitive matter, and the sender's name would tell
    answers_at: datetime | None = None  # when the patient's own text came that this one answers
    sent_at: tuple[datetime, ...] = ()  # program texts to this number in the last week
    per_day: int = PER_DAY
    per_week: int = PER_WEEK
    sunday: bool = False  # a reminder of a Monday visit, where the organisation sends those on Sundays
    hours: Hours = DEFAULT_HOURS
    deadline: datetime | None = None  # when this text would be pointless: its step's silence, or the visit
    provider_ails: bool = False
    ehr_age_s: float | None = None
    ehr_limit_s: float | None = None
    halted: str | None = None  # the rule of a halt in force: "halt.program"
    skipped_until: datetime | None = None  # the end of a day on which staff skip this text


@dataclass(frozen=True, slots=True)
class Answer:
    """`until`: the next instant at which every rule would let it leave; `validity_s` (how long the provider may try) with SEND."""

    verdict: Verdict
    rule: str
    until: datetime | None = None
    validity_s: int = LONGEST_VALIDITY_S


def ask(question: Question) -> Answer:
    """Judge one text. Order: what forbids for ever, then halts, then what only delays: facts, caps, windows."""
    never = _never(question)
    if never:
        return Answer(Verdict.REFUSE, never)
    apart = _apart(question)
    if apart:
        return apart
    if question.skipped_until and question.purpose == "program":
        return _after_skip(question, question.skipped_until)
    if question.purpose == "program" and question.prefers:
        return Answer(Verdict.BLOCK, "preference.channel")
    if question.provider_ails and question.purpose == "program":
        return Answer(Verdict.HOLD, "provider.ails", until=question.at + ASK_AGAIN)
    if question.ehr_limit_s is not None and (question.ehr_age_s is None or question.ehr_age_s > question.ehr_limit_s):
        return Answer(Verdict.HOLD, "ehr.stale", until=question.at + timedelta(minutes=1))
    capped = _cap(question, question.at) if question.purpose == "program" else None
    if capped in ("cap.week", "cap.state"):
        return Answer(Verdict.BLOCK, capped, until=next_legal(question))
    return _later(question, capped) if capped else _window(question)


def next_legal(question: Question) -> datetime | None:
    """The first instant from `question.at` on when caps and windows let a text leave; None without one within weeks (N12)."""
    at: datetime | None = question.at
    for _ in range(_TRIES):
        if at is None:
            return None
        at = _open_from(question, at)
        if at is None or question.purpose != "program" or _cap(question, at) is None:
            return at
        at = _uncapped(question, at)
    return None


def deadline(wake_at: datetime | None, visit_at: datetime | None, *, at: datetime) -> datetime | None:
    """When a program's text would be pointless: its step's own silence, or the visit to come."""
    coming = visit_at if visit_at and visit_at > at else None
    return min((end for end in (wake_at, coming) if end), default=None)


def _never(question: Question) -> str | None:
    """Rules that no waiting changes. The opt-out's own confirmation is the one text a suppressed number gets (R4)."""
    stopped = _stopped(question)
    if stopped and question.purpose != "opt_out":
        return stopped
    if not question.textable:
        return "number.not_textable"
    if question.purpose in ("safety", "opt_out"):
        return None
    talking = bool(question.answers_at and question.at - question.answers_at <= TALKING)
    reasons = (
        (not question.step_is_current, "step.over"),
        (not question.contactable, "patient.not_to_be_contacted"),
        (question.proxy is not None and not talking, f"proxy.{question.proxy}"),
        (not question.channel_allowed, "channel.not_allowed"),
        (not question.sender_is_neutral, "privacy.sender"),
        (not _consented(question) and not talking, _missing_consent(question)),
    )
    return next((rule for broken, rule in reasons if broken), None)


def _stopped(question: Question) -> str | None:
    if "wrong_number" in question.suppressed:
        return "number.quarantined"
    if "all" in question.suppressed:
        return "suppressed"
    return "suppressed.marketing" if question.consent_class in question.suppressed else None


def _consented(question: Question) -> bool:
    """Giving one's number is consent to care texts; marketing needs a written one of its own (T7)."""
    return bool(question.consents) if question.consent_class == "care" else question.consent_class in question.consents


def _missing_consent(question: Question) -> str:
    return "consent.marketing" if question.consent_class != "care" and question.consents else "consent.none"


def _apart(question: Question) -> Answer | None:
    """The three texts that no window or cap holds back, each with its own line in the ledger; and what a halt keeps until lifted."""
    if question.purpose == "safety":
        return Answer(Verdict.SEND, "exempt.safety", validity_s=3600)
    if question.purpose == "opt_out":
        return Answer(Verdict.SEND, "exempt.opt_out_confirmation", validity_s=300)
    if question.halted:
        return Answer(Verdict.HOLD, question.halted)  # no instant: lifting the halt plans it again
    if question.answers_at and question.purpose == "answer" and question.at - question.answers_at <= ANSWER_WITHIN:
        return Answer(Verdict.SEND, "exempt.answer", validity_s=600)
    return None


def _cap(question: Question, at: datetime) -> str | None:
    """The cap that a program text at `at` would break, whatever program or patient of the household the earlier ones were for."""
    zone = _zone(question)
    week = [sent for sent in question.sent_at if at - WEEK < sent <= at]
    if len(week) >= question.per_week:
        return "cap.week"
    most = state_rules.contacts_per_24h(windows.states(question.where))
    if most is not None and sum(sent > at - DAY for sent in week) >= most:
        return "cap.state"
    today = at.astimezone(zone).date()
    return "cap.day" if sum(sent.astimezone(zone).date() == today for sent in week) >= question.per_day else None


def _uncapped(question: Question, at: datetime) -> datetime:
    """When the cap that binds at `at` opens: the next local midnight, or when the oldest text that counts is old enough."""
    rule = _cap(question, at)
    if rule == "cap.day":
        local = at.astimezone(_zone(question))
        return datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo).astimezone(at.tzinfo)
    span, most = (WEEK, question.per_week) if rule == "cap.week" else (DAY, _state_cap(question))
    counted = sorted(sent for sent in question.sent_at if at - span < sent <= at)
    return counted[-most] + span if most else at + WEEK


def _state_cap(question: Question) -> int:
    return state_rules.contacts_per_24h(windows.states(question.where)) or PER_WEEK


def _window(question: Question) -> Answer:
    verdict = windows.check(question.where, question.at, sunday=question.sunday, hours=question.hours)
    if not verdict.open:
        return _later(question, f"window.{verdict.rule}")
    left = int((verdict.closes_at - question.at).total_seconds()) if verdict.closes_at else LONGEST_VALIDITY_S
    if left < SHORTEST_VALIDITY_S:
        return _later(question, "window.closing")
    return Answer(Verdict.SEND, "gate.open", validity_s=min(LONGEST_VALIDITY_S, left))


def _later(question: Question, rule: str) -> Answer:
    """A program text waits for its next legal instant where its step still allows it; otherwise a person makes the touch."""
    until = next_legal(question)
    if question.purpose != "program":
        return Answer(Verdict.HOLD, rule, until=until)
    in_time = until is not None and question.deadline is not None and until + TO_ANSWER <= question.deadline
    return Answer(Verdict.HOLD if in_time else Verdict.BLOCK, rule, until=until)


def _after_skip(question: Question, day_over: datetime) -> Answer:
    """A skipped text leaves on the next day, unless its visit is over by then; the wait for an answer has not begun."""
    until = next_legal(replace(question, at=day_over))
    late = until is None or (question.deadline is not None and until + TO_ANSWER > question.deadline)
    return Answer(Verdict.BLOCK if late else Verdict.HOLD, "skip.day", until=until)


def _open_from(question: Question, at: datetime) -> datetime | None:
    """Like `windows.next_open`, passing over the last minute of a window, in which the provider could not deliver."""
    verdict = windows.check(question.where, at, sunday=question.sunday, hours=question.hours)
    if not verdict.open:
        return verdict.opens_at
    if verdict.closes_at and (verdict.closes_at - at).total_seconds() < SHORTEST_VALIDITY_S:
        return windows.next_open(question.where, verdict.closes_at, sunday=question.sunday, hours=question.hours)
    return at


def _zone(question: Question) -> ZoneInfo:
    return ZoneInfo(windows.zones(question.where)[0])
