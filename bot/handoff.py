"""What the next owner has to know, in five lines made from rows: who asked what, how urgent and why, what was tried, what was promised,
what to do now (S52). No word of the patient is in them; below them stand the facts that help in a call (S35).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import sync, times
from bot.modals.conversation import Line
from storage.db import now, org_of
from storage.tables import Appointment, Case, Enrollment, ProgramRow, PromiseRow, Slot
from workflows import preferences, promising, replies, surroundings, tcm
from workflows.casefile import CaseFile, Said

CONTACTS_WITHIN = timedelta(days=30)
LIVE = ("active", "waiting", "paused")
PRIORITIES = {"emergency": "Emergency", "urgent": "Urgent", "high": "High priority", "normal": "Normal"}
ARRIVED = frozenset({"delivered", "read"})
LOST = frozenset({"undelivered", "failed", "refused", "cancelled"})
CALLED = {"spoke": "spoke", "left_message": "message left", "no_answer": "no answer"}
VISITS = {"noshow": "missed", "fulfilled": "took place", "checked-in": "arrived"}
LANGUAGES = {"en": "English"} | replies.LANGUAGES


def lines(session: Session, file: CaseFile, *, task: str) -> tuple[Line, ...]:
    """The five; `task` is what a case of this kind asks of a person, as a sentence ("Offer new times")."""
    zone, at = ZoneInfo(surroundings.organisation_of(session).zone), now(session)
    return (
        Line("Asked", _asked(file, task, zone, at)),
        Line("How urgent", _urgent(session, file, zone, at)),
        Line("Tried", _tried(file, zone, at)),
        Line("Promised", _promised(session, file.case, zone, at)),
        Line("Now", _now(session, file, task, zone=zone)),
    )


def background(session: Session, file: CaseFile) -> tuple[Line, ...]:
    """What helps in the call; a line with nothing to say is left out."""
    zone, at = ZoneInfo(surroundings.organisation_of(session).zone), now(session)
    wishes = preferences.of(session, file.case.patient_id)
    wished = [wish.words for wish in (wishes.call_hours, wishes.text_hours, wishes.channel) if wish]
    found = (
        Line("Last visit", _visit(session, file.last_visit, zone)),
        Line("Next visit", _visit(session, file.next_visit, zone)),
        Line("Language", LANGUAGES.get(file.person.language, file.person.language) if file.person else ""),
        Line("Wishes", ", ".join(wished)),
        Line("Programs", _programs(session, file.case)),
        Line("Contacts in 30 days", _contacts(file.talk, at)),
        Line("Human contact", tcm.words_of(session, file.case) or ""),
    )
    return tuple(line for line in found if line.said)


def _asked(file: CaseFile, task: str, zone: tzinfo, at: datetime) -> str:
    said = next((text for text in file.talk if text.asks), None)
    what = f"{task} ({file.case.asked})" if file.case.asked else task
    if said is not None and said.inbound:
        return f"{what}. The patient wrote {times.moment_near(said.at, zone, now=at)}"
    return f"{what}. Careloop opened it {times.moment_near(file.case.opened_at, zone, now=at)}"


def _urgent(session: Session, file: CaseFile, zone: tzinfo, at: datetime) -> str:
    case = file.case
    why = sync.view(session, case, file.team).reason
    level = PRIORITIES.get(case.priority, case.priority)
    if case.state == "closed":
        return f"{level}, closed. Because: {_small(why)}"
    until = times.moment_near(case.due_at, zone, now=at)
    return f"{level}, {times.due(case.due_at, now=at)} ({until}). Because: {_small(why)}"


def _tried(file: CaseFile, zone: tzinfo, at: datetime) -> str:
    out = [text for text in file.talk if not text.inbound]
    calls = Counter(str(event.detail) for event in file.events if event.what == "call_logged")
    parts = []
    if out:
        arrived = sum(text.state in ARRIVED for text in out)
        lost = sum(text.state in LOST for text in out)
        size = f"{len(out)} text{'s' if len(out) > 1 else ''}"
        fate = f"{arrived} arrived" + (f", {lost} did not" if lost else "")
        parts.append(f"{size} ({fate}), the last {times.moment_near(out[-1].at, zone, now=at)}")
    if calls:
        told = ", ".join(f"{CALLED.get(result, _small(result.replace('_', ' ')))}" for result in calls.elements())
        parts.append(f"{calls.total()} call{'s' if calls.total() > 1 else ''} ({told})")
    return "; ".join(parts) or "Nothing yet"


def _promised(session: Session, case: Case, zone: tzinfo, at: datetime) -> str:
    found = select(PromiseRow).where(PromiseRow.org_id == org_of(session), PromiseRow.case_id == case.id)
    told = []
    for row in session.scalars(found.order_by(PromiseRow.due_at)):
        kept = "kept" if row.kept_at else "late" if row.due_at < at else "open"
        what = promising.NAMES.get(row.kind, row.kind.replace("_", " "))
        told.append(f"{what} by {times.moment_near(row.due_at, zone, now=at)} ({kept})")
    said = ", ".join(told)
    return said[:1].upper() + said[1:] or "Nothing"


def _now(session: Session, file: CaseFile, task: str, *, zone: tzinfo) -> str:
    case, at = file.case, now(session)
    if case.state == "closed":
        return "Nothing: it is closed"
    if case.state == "booking":
        return "Wait for the EHR's answer"
    if case.snoozed_until is not None and case.snoozed_until > at:
        return f"It comes back {times.moment_near(case.snoozed_until, zone, now=at)}"
    do = (f"Claim it first. {task}" if case.owner_id is None else task).removesuffix("?")
    if file.phone is None:
        return f"{do}. There is no number on file"
    if file.phone.opted_out or file.phone.textable == "no":
        return f"{do}. Call: this number gets no texts"
    hours = replies.hours_now(session, case)
    if hours is None or hours.open:
        return f"{do}. Texts may go now"
    opens = times.moment_near(hours.opens_at, zone, now=at) if hours.opens_at else "later"
    return f"{do}. Texts may go from {opens} ({_rule(hours.rule)})"


def _rule(rule: str) -> str:
    if rule == "patient":
        return "the patient's own wish"
    return {"T1.hours": "the clinic's hours", "T1.holiday": "a holiday"}.get(rule, "quiet hours where the patient is")


def _visit(session: Session, visit: Appointment | None, zone: tzinfo) -> str:
    """When, with whom as staff say it (the slots know the names), and what became of it."""
    if visit is None or visit.start_at is None:
        return ""
    named = select(func.max(Slot.practitioner_name)).where(
        Slot.org_id == visit.org_id, Slot.practitioner == visit.practitioner
    )
    who = session.scalar(named)
    when = times.moment(visit.start_at, zone) + (f" with {who}" if who else "")
    return f"{when} ({VISITS.get(visit.status, visit.status)})"


def _programs(session: Session, case: Case) -> str:
    if case.patient_id is None:
        return ""
    joined = (ProgramRow.org_id == Enrollment.org_id) & (ProgramRow.id == Enrollment.program_id)
    found = select(ProgramRow.title, Enrollment.state).join(Enrollment, joined)
    rows = session.execute(
        found.where(
            Enrollment.org_id == case.org_id, Enrollment.patient_id == case.patient_id, Enrollment.state.in_(LIVE)
        ).order_by(ProgramRow.title)
    ).all()
    return ", ".join(f"{title} ({state})" for title, state in rows)


def _contacts(talk: Sequence[Said], at: datetime) -> str:
    recent = [text for text in talk if text.at > at - CONTACTS_WITHIN]
    ours, theirs = sum(not text.inbound for text in recent), sum(text.inbound for text in recent)
    return f"{ours} from us, {theirs} from the patient" if recent else ""


def _small(text: str) -> str:
    """As the second half of a sentence; words that begin with two capitals (EHR) stay."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
