"""The texts of one day before it comes: foreseen from wake times and held texts, judged by the gate at their instant, and frozen.

The day is compared with its plan in `reconciling`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from storage import outbox
from storage.db import new_ids, now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Appointment, Enrollment, Message, PhoneNumber, PlanItem, PlanSnapshot, ProgramRow, Site
from workflows import engine, enrollments, gate, halts, judging, local_days, skips, surroundings
from workflows.effects import Ask, Event, EventKind, Result
from workflows.gate import Verdict
from workflows.surroundings import Surroundings

CHUNK = 1000
NO_SITE = "no site"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One text: `at` (UTC) is when it is due, `hour` the organisation's local hour of it, `expected` the rule that will keep it back."""

    enrollment_id: UUID
    program_id: UUID
    site_id: UUID | None
    step: str
    at: datetime
    hour: int
    expected: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A program at a site in an hour: how many texts, and how many of them are expected to be kept back by which rule."""

    program: str
    site: str
    hour: int
    texts: int
    held: dict[str, int]


def foresee(session: Session, day: date) -> list[Foreseen]:
    """Every program text that is due on that day as things stand, by time."""
    begins, ends = local_days.span(session, day)
    waiting = _held(session, begins, ends)
    found = [*_due(session, begins, ends, but=set(waiting)), *_of_held(session, waiting, begins)]
    return sorted(found, key=lambda item: (item.at, item.enrollment_id))


def size(session: Session, day: date) -> int:
    """How many enrollments and held texts have to be looked at for a day: what decides whether it is done while somebody waits."""
    begins, ends = local_days.span(session, day)
    return len(_waking(session, begins, ends)) + len(_held(session, begins, ends))


def promise(session: Session) -> None:
    """Today's plan is frozen by a job as soon as the day begins, unless somebody asked for it the day before."""
    today = local_days.today(session)
    if taken_at(session, today) is None:
        outbox.put(session, Topic.PLAN_FREEZE, today.isoformat(), lane=Lane.REPORTS)


def freeze(session: Session, day: date, *, by: str) -> UUID:
    """Write down what is foreseen: the plan that this day is compared with. Asked again before the day begins it is taken anew."""
    begins, _ = local_days.span(session, day)
    mine = (PlanSnapshot.org_id == org_of(session)) & (PlanSnapshot.day == day)
    known = session.scalar(select(PlanSnapshot.id).where(mine).with_for_update())
    if known is not None and now(session) >= begins:
        return known
    if known is not None:
        session.execute(delete(PlanItem).where(PlanItem.org_id == org_of(session), PlanItem.snapshot_id == known))
        session.execute(delete(PlanSnapshot).where(mine))
    [made] = new_ids(session, 1)
    session.add(PlanSnapshot(org_id=org_of(session), id=made, day=day, taken_at=now(session), taken_by=by))
    session.flush()
    rows = [
        {
            "org_id": org_of(session), "snapshot_id": made, "enrollment_id": item.enrollment_id, "program_id": item.program_id,
            "site_id": item.site_id, "step": item.step, "at": item.at, "hour": item.hour, "expected": item.expected,
        }
        for item in foresee(session, day)
    ]  # fmt: skip
    if rows:
        session.execute(insert(PlanItem), rows)
    return made


def rows(session: Session, items: Iterable[Foreseen | PlanItem]) -> list[Row]:
    """The items counted by program, site and hour."""
    programs = {
        row.id: row.code for row in session.scalars(select(ProgramRow).where(ProgramRow.org_id == org_of(session)))
    }
    sites: dict[UUID | None, str] = {
        row.id: row.name for row in session.scalars(select(Site).where(Site.org_id == org_of(session)))
    }
    counted: dict[tuple[str, str, int], dict[str | None, int]] = {}
    for item in items:
        key = (programs[item.program_id], sites.get(item.site_id, NO_SITE), item.hour)
        by_rule = counted.setdefault(key, {})
        by_rule[item.expected] = by_rule.get(item.expected, 0) + 1
    return [
        Row(*key, sum(by_rule.values()), {rule: n for rule, n in sorted(by_rule.items(), key=str) if rule is not None})
        for key, by_rule in sorted(counted.items(), key=lambda pair: (pair[0][2], pair[0]))
    ]


def taken_at(session: Session, day: date) -> datetime | None:
    """When a day's plan was frozen; None when it was not."""
    found = select(PlanSnapshot.taken_at).where(PlanSnapshot.org_id == org_of(session), PlanSnapshot.day == day)
    return session.scalar(found)


def frozen(session: Session, day: date) -> Sequence[PlanItem] | None:
    """The items of a day's plan; None when none was frozen."""
    found = select(PlanSnapshot.id).where(PlanSnapshot.org_id == org_of(session), PlanSnapshot.day == day)
    snapshot = session.scalar(found)
    if snapshot is None:
        return None
    mine = select(PlanItem).where(PlanItem.org_id == org_of(session), PlanItem.snapshot_id == snapshot)
    return session.scalars(mine.order_by(PlanItem.at, PlanItem.id)).all()


def _due(session: Session, begins: datetime, ends: datetime, *, but: set[UUID]) -> list[Foreseen]:
    """Enrollments whose time comes on the day and whose next step is a text, by the engine itself."""
    ids = [one for one in _waking(session, begins, ends) if one not in but]
    found: list[Foreseen] = []
    for some in _chunks(ids):
        batch = session.scalars(
            select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id.in_(some))
        ).all()
        around = surroundings.load(session, batch)
        asked: list[tuple[Enrollment, str, datetime]] = []
        for row in batch:
            at = max(row.wake_at or begins, begins, now(session))
            effects = _next(row, around[row.id], at=at).effects
            step = next((effect.step for effect in effects if isinstance(effect, Ask)), None)
            if step is not None:
                asked.append((row, step, at))
        found += _judged(session, asked, day=begins.date())
    return found


def _next(row: Enrollment, around: Surroundings, *, at: datetime) -> Result:
    """What the clock would make of an enrollment at this instant, as things stand; nothing is written."""
    event = Event(EventKind.STARTED if row.step is None else EventKind.TIMER)
    return engine.step(around.program, enrollments.state_of(row), event, now=at, facts=around.facts)


def _waking(session: Session, begins: datetime, ends: datetime) -> list[UUID]:
    wakes = Enrollment.wake_at < ends
    if begins > now(session):
        wakes &= Enrollment.wake_at >= begins
    due = select(Enrollment.id).where(
        Enrollment.org_id == org_of(session), wakes, Enrollment.state != "ended", Enrollment.quarantined_at.is_(None)
    )
    return list(session.scalars(due.order_by(Enrollment.id)))


def _held(session: Session, begins: datetime, ends: datetime) -> dict[UUID, Message]:
    """Program texts that wait for an hour of the day, or for a halt to be lifted, or are about to leave, by enrollment."""
    open_ = (Message.state == "held") & ((Message.hold_until < ends) | Message.hold_until.is_(None))
    if begins <= now(session):
        open_ |= Message.state == "planned"
    else:
        open_ &= (Message.hold_until >= begins) | Message.hold_until.is_(None)
    found = select(Message).where(
        Message.org_id == org_of(session), Message.direction == "out", Message.purpose == "program", open_
    )
    return {text.enrollment_id: text for text in session.scalars(found.order_by(Message.id)) if text.enrollment_id}


def _of_held(session: Session, waiting: dict[UUID, Message], begins: datetime) -> list[Foreseen]:
    found: list[Foreseen] = []
    for some in _chunks(sorted(waiting)):
        batch = session.scalars(select(Enrollment).where(Enrollment.org_id == org_of(session), Enrollment.id.in_(some)))
        texts = [(row, waiting[row.id]) for row in batch if row.state != "ended"]
        asked = [(row, text.step or "", max(text.hold_until or begins, begins, now(session))) for row, text in texts]
        found += _judged(session, asked, day=begins.date())
    return found


def _judged(session: Session, asked: Sequence[tuple[Enrollment, str, datetime]], *, day: date) -> list[Foreseen]:
    """Ask the gate about each text at its own instant, earlier texts of the same number counted; nothing is written."""
    ids = new_ids(session, len(asked))
    texts = {one: _text(one, row, step) for one, (row, step, _) in zip(ids, asked, strict=True) if row.number_id}
    phones = select(PhoneNumber).where(
        PhoneNumber.org_id == org_of(session), PhoneNumber.id.in_({text.number_id for text in texts.values()})
    )
    batch = judging.around(session, texts, {phone.id: phone for phone in session.scalars(phones)})
    sites, zone = _sites(session, [row for row, _, _ in asked], batch.appointments), local_days.zone(session)
    skipped = skips.of_day(session, day)
    found: list[Foreseen] = []
    for one, (row, step, at) in sorted(zip(ids, asked, strict=True), key=lambda pair: pair[1][2]):
        hour = at.astimezone(zone).hour
        rule = _rule(session, texts[one], batch, at=at) if one in texts else "number.none"
        about = partial(skips.matches, program=row.program_id, site=sites.get(row.id), hour=hour, enrollment=row.id)
        if any(map(about, skipped)):
            rule = "skip.day"
        if rule is None:
            batch.sent.setdefault(texts[one].number_id, []).append(at)
        found.append(Foreseen(row.id, row.program_id, sites.get(row.id), step, at, hour, rule))
    return found


def _sites(session: Session, rows: Sequence[Enrollment], known: Mapping[UUID, Appointment]) -> dict[UUID, UUID]:
    """The site of each, of those without a number too: the batch has visits of texts alone."""
    others = {row.appointment_id for row in rows if row.appointment_id} - known.keys()
    asked = select(Appointment).where(Appointment.org_id == org_of(session), Appointment.id.in_(others))
    visits = {visit.id: visit for visit in session.scalars(asked)} if others else {}
    return halts.sites_of(session, {row.id: row for row in rows}, {**known, **visits})


def _rule(session: Session, text: Message, batch: judging.Batch, *, at: datetime) -> str | None:
    """The gate's own answer at that instant; the age of EHR facts and the provider's health are of now, not of then."""
    asked = judging.question(session, text, batch)
    then = replace(
        asked, at=at, step_is_current=True, ehr_limit_s=None, provider_ails=False, skipped_until=None, deadline=None
    )
    answer = gate.ask(then)
    return None if answer.verdict is Verdict.SEND else answer.rule


def _text(one: UUID, row: Enrollment, step: str) -> Message:
    """A text as it would be planned; never added to the session."""
    return Message(
        org_id=row.org_id, id=one, number_id=row.number_id, patient_id=row.patient_id, enrollment_id=row.id,
        direction="out", channel="sms", purpose="program", step=step, state="planned",
    )  # fmt: skip


def _chunks(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
