"""What the gate is asked about a text: the facts of a whole batch in a fixed number of queries, each text's own question from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import clock
from storage import ledger, messages, numbers
from storage.arrays import among
from storage.db import now, org_of
from storage.tables import Appointment, Attempt, Enrollment, Message, Patient, PhoneNumber
from workflows import (
    caps,
    floor,
    gate,
    halts,
    preferences,
    proxies,
    publishing,
    sending_rules,
    sensitive,
    skips,
    surroundings,
    windows,
)
from workflows.floor import Floor
from workflows.programs.model import AskStep, Program, SendStep
from workflows.proxies import Standing
from workflows.wishes import Wishes

EHR_LIMIT_S = 600.0  # a program text leaves only on EHR facts at most this old
CLINICAL_EHR_LIMIT_S = 60.0
AILING_OF = 8  # the last so many attempts
AILING_WITHIN_S = 120.0  # … of the last two minutes: then one text is let through to see
WAITS_AT_MOST = timedelta(days=3)
LIBRARY = "library."  # an approved answer's "step" says which it was; it is none of the program's
CHANNELS = {"sms": "text"}  # what messages carry, and what organisations and programs call it


@dataclass(slots=True)
class Batch:
    """Everything around some messages, loaded under the lock of their numbers. `sent` grows as texts of the batch are let go."""

    messages: dict[UUID, Message]
    numbers: Mapping[UUID, PhoneNumber]
    stops: Mapping[UUID, frozenset[str]]
    consents: Mapping[UUID, frozenset[str]]
    sent: dict[UUID, list[datetime]]
    patients: Mapping[UUID, Patient]
    enrollments: Mapping[UUID, Enrollment]
    appointments: Mapping[UUID, Appointment]
    programs: Mapping[UUID, Program]
    answered: Mapping[UUID, datetime]
    wishes: Mapping[UUID, Wishes]
    proxies: Mapping[tuple[UUID, UUID], Standing]
    raised: Mapping[UUID, Mapping[str, int]]
    halted: Mapping[UUID, str]
    skipped: Mapping[UUID, datetime]
    provider_ails: bool
    floor: Floor
    adults: dict[UUID, bool] = field(default_factory=dict)

    def of(self, message: Message) -> tuple[Patient | None, Enrollment | None, Appointment | None, Program | None]:
        """The patient, enrollment, visit and program of one message, as far as it has them."""
        patient = self.patients.get(message.patient_id) if message.patient_id else None
        row = self.enrollments.get(message.enrollment_id) if message.enrollment_id else None
        visit = self.appointments.get(row.appointment_id) if row and row.appointment_id else None
        return patient, row, visit, self.programs.get(row.version_id) if row else None

    def priority(self, message_id: UUID) -> tuple[int, datetime]:
        """Which of several texts to one patient goes first: the more important program, then who has waited longer."""
        message = self.messages[message_id]
        program = self.of(message)[3]
        return (program.priority if program else 0, message.created_at)


def load(session: Session, ids: Sequence[UUID]) -> Batch:
    """Lock the numbers of these messages (those somebody holds are left out) and read all that the gate wants to know."""
    number_ids = messages.numbers_of(session, ids)
    held = numbers.lock_many(session, number_ids)
    texts = messages.due_with_company(session, ids, number_ids)  # after the lock: what a STOP changed is seen
    return around(session, texts, held)


def around(session: Session, texts: dict[UUID, Message], held: Mapping[UUID, PhoneNumber]) -> Batch:
    """The batch of messages and numbers that are read (and locked) already."""
    number_ids = sorted({m.number_id for m in texts.values()})
    rows = _rows(session, Enrollment, {m.enrollment_id for m in texts.values() if m.enrollment_id})
    people = {m.patient_id for m in texts.values() if m.patient_id}
    replies = [m.in_reply_to for m in texts.values() if m.in_reply_to]
    visits = _rows(session, Appointment, {e.appointment_id for e in rows.values() if e.appointment_id})
    return Batch(
        messages=texts,
        numbers=held,
        stops=numbers.stops(session, number_ids),
        consents=numbers.consented(session, number_ids),
        sent=messages.sent_times(session, number_ids, since=now(session) - gate.WEEK),
        patients=_rows(session, Patient, people),
        enrollments=rows,
        appointments=visits,
        programs=publishing.snapshots(session, {e.version_id for e in rows.values()}),
        answered=messages.last_inbound(session, replies) if replies else {},
        wishes=preferences.of_many(session, people),
        proxies=proxies.standings(session, {(m.patient_id, m.number_id) for m in texts.values() if m.patient_id}),
        raised=caps.raised(session) if rows else {},
        halted=halts.rules(session, list(texts.values()), enrollments=rows, visits=visits),
        skipped=skips.until(session, list(texts.values()), enrollments=rows, visits=visits) if rows else {},
        provider_ails=_ails(session) if rows else False,
        floor=_floor(session, texts),
    )


def judge(session: Session, message: Message, batch: Batch) -> gate.Answer:
    """The gate's answer for one message of the batch; what it lets go, or only keeps waiting, may have to wait for its turn."""
    doubted = batch.numbers[message.number_id].doubted_at
    if doubted is not None and message.purpose in ("program", "booking"):
        return gate.Answer(gate.Verdict.HOLD, "number.doubted", until=doubted + floor.QUIET)
    answer = gate.ask(question(session, message, batch))
    wanting = _wanting(message, batch)
    kept = batch.floor.keeps_back(wanting) if wanting else None
    if kept is not None and floor.waits_longer(kept, answer):
        return kept
    if wanting is None or answer.verdict is not gate.Verdict.SEND:
        return answer
    row = batch.of(message)[1]
    over_at = row.wake_at if row and row.wake_at else now(session) + floor.QUIET
    batch.floor.take(wanting, over_at=over_at)
    return answer


def would_leave(session: Session, message: Message, batch: Batch) -> bool:
    """Whether gate and floor would let this message leave now, each by itself; nothing is taken."""
    wanting = _wanting(message, batch)
    free = wanting is None or batch.floor.keeps_back(wanting) is None
    return free and gate.ask(question(session, message, batch)).verdict is gate.Verdict.SEND


def _wanting(message: Message, batch: Batch) -> floor.Wanting | None:
    """The text as one that wants the floor; an answer to the patient's own words never waits for it."""
    patient, row, visit, program = batch.of(message)
    if message.purpose != "program" or row is None or program is None or message.step is None:
        return None
    step = program.steps.get(message.step)
    return floor.Wanting(
        enrollment=row.id,
        patient=patient.id if patient else None,
        number=message.number_id,
        priority=program.priority,
        bound=isinstance(step, AskStep | SendStep) and step.at is not None,
        visit_at=visit.start_at if visit else None,
        asks=isinstance(step, AskStep),
    )


def _floor(session: Session, texts: Mapping[UUID, Message]) -> Floor:
    asking = [m for m in texts.values() if m.purpose == "program"]
    return floor.load(
        session, patients={m.patient_id for m in asking if m.patient_id}, numbers={m.number_id for m in asking}
    )


def question(session: Session, message: Message, batch: Batch) -> gate.Question:
    """What the gate needs to know about one message of the batch."""
    number = batch.numbers[message.number_id]
    patient, row, visit, program = batch.of(message)
    rules = sending_rules.of(session)
    for_program = message.purpose == "program"
    where = surroundings.place(session, patient, number)
    wishes = batch.wishes.get(patient.id, Wishes()) if patient else Wishes()
    raised = batch.raised.get(row.program_id, {}) if row else {}
    return gate.Question(
        purpose=message.purpose,
        at=now(session),
        where=where,
        step_is_current=message.step is None or is_current(row, program, message.step),
        suppressed=batch.stops.get(message.number_id, frozenset()),
        textable=number.textable != "no",
        consents=batch.consents.get(message.number_id, frozenset()),
        consent_class=program.consent if program and for_program else "care",
        contactable=patient is None or contactable(patient),
        channel_allowed=_allowed(message, rules, program),
        prefers=wishes.instead,
        proxy=_objection(session, message, batch),
        sender_is_neutral=_neutral(session, message, batch),
        answers_at=batch.answered.get(message.in_reply_to) if message.in_reply_to else None,
        sent_at=tuple(batch.sent.get(message.number_id, ())),
        per_day=raised.get("day", gate.PER_DAY),
        per_week=raised.get("week", gate.PER_WEEK),
        sunday=surroundings.organisation_of(session).texts_on_sunday
        and windows.on_monday(visit.start_at if visit else None, where),
        hours=sending_rules.hours(rules, wishes),
        deadline=_deadline(session, message, batch),
        halted=batch.halted.get(message.id),
        skipped_until=batch.skipped.get(message.id),
        provider_ails=batch.provider_ails,
        ehr_age_s=_age_s(patient),
        ehr_limit_s=ehr_limit_s(program) if for_program else None,
    )


def is_current(row: Enrollment | None, program: Program | None, step: str) -> bool:
    """A question is over once its enrollment has moved on; a text that asks nothing leaves all the same, unless it was taken back."""
    asks_nothing = step.startswith(LIBRARY) or (program is not None and isinstance(program.steps.get(step), SendStep))
    return asks_nothing or (row is not None and row.state == "waiting" and row.step == step)


def contactable(patient: Patient) -> bool:
    """Alive, in the chart and in our care, not in hospital or hospice, and not to be left alone (N17)."""
    gone = patient.deceased or patient.admitted or patient.hospice or patient.transferred
    return patient.active and not (gone or patient.do_not_contact)


def ehr_limit_s(program: Program | None) -> float:
    """How old EHR facts may be when a program's text leaves, in seconds."""
    return CLINICAL_EHR_LIMIT_S if program and program.clinical else EHR_LIMIT_S


def note(message: Message, answer: gate.Answer) -> ledger.Line:
    """The ledger's line for one answer."""
    detail = {"purpose": message.purpose, "touch": message.touch}
    if answer.until:
        detail["until"] = answer.until.isoformat()
    return ledger.Line(
        answer.verdict.value, answer.rule, message.enrollment_id, message.id, message.case_id, message.number_id, detail
    )


def _allowed(message: Message, rules: sending_rules.Rules, program: Program | None) -> bool:
    channel = CHANNELS.get(message.channel, message.channel)
    if message.purpose in ("safety", "opt_out"):
        return True
    return channel in rules.channels and (program is None or channel in program.channels)


def _neutral(session: Session, message: Message, batch: Batch) -> bool:
    """What staff write themselves is theirs to judge; a text of ours about a protected matter needs a sender that tells nothing."""
    patient, _, _, program = batch.of(message)
    ours = message.purpose in ("program", "answer", "booking")
    return not ours or not sensitive.concerns(patient, program) or sending_rules.of(session).neutral_sender is not None


def _objection(session: Session, message: Message, batch: Batch) -> str | None:
    patient, _, visit, program = batch.of(message)
    standing = batch.proxies.get((patient.id, message.number_id)) if patient else None
    if patient is None or standing is None:
        return None
    if patient.id not in batch.adults:
        batch.adults[patient.id] = proxies.of_age(session, patient)
    return proxies.objection(
        standing,
        of_age=batch.adults[patient.id],
        confidential=sensitive.concerns(patient, program),
        about_visit=visit is not None or message.purpose == "booking",
    )


def _deadline(session: Session, message: Message, batch: Batch) -> datetime:
    """The silence of the text's own step and its visit; a text that asks nothing, or was skipped, may wait three days."""
    _, row, visit, _ = batch.of(message)
    silent = row.wake_at if row and message.id not in batch.skipped else None
    known = gate.deadline(silent, visit.start_at if visit else None, at=now(session))
    return known or (message.created_at or now(session)) + WAITS_AT_MOST


def _age_s(patient: Patient | None) -> float | None:
    return (clock.machine() - patient.ehr_read_at).total_seconds() if patient and patient.ehr_read_at else None


def _ails(session: Session) -> bool:
    """Whether the provider took none of the last eight texts of the last two minutes (machine time)."""
    recent = (
        select(Attempt.state)
        .where(
            Attempt.org_id == org_of(session),
            Attempt.started_at > clock.machine() - timedelta(seconds=AILING_WITHIN_S),
            Attempt.state != "sending",
        )
        .order_by(Attempt.started_at.desc())
        .limit(AILING_OF)
        .subquery()
    )
    bad = func.count().filter(recent.c.state.in_(("not_sent", "unknown")))
    row = session.execute(select(func.count(), bad).select_from(recent)).one()
    return row[0] == AILING_OF == row[1]


def _rows(session: Session, table: Any, ids: Iterable[UUID]) -> dict[UUID, Any]:
    wanted = list(ids)
    if not wanted:
        return {}
    found = select(table).where(table.org_id == org_of(session), among(table.id, wanted))
    return {row.id: row for row in session.scalars(found.execution_options(populate_existing=True))}
