"""One patient in one program, moved by events. A batch is loaded, stepped by the pure engine and written in a few statements."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from core.errors import Misconfigured, Refused
from core.ids import show
from storage import audit, ledger, messages, numbers, outbox
from storage import enrollments as stored
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Enrollment, Slot
from workflows import (
    cases,
    confirmations,
    engine,
    floor,
    offers,
    pilot_reviews,
    publishing,
    segments,
    surroundings,
    texts,
)
from workflows.effects import (
    Ask,
    Book,
    CancelPending,
    Effect,
    End,
    Enter,
    Event,
    EventKind,
    Leave,
    Offer,
    OpenCase,
    Pause,
    Result,
    State,
    Unmatched,
)
from workflows.forms import links
from workflows.programs.model import Program
from workflows.surroundings import Surroundings

BATCH = 500
SUPERSEDED = ("call_task", "interpreter")
CLINICAL = "clinical"
_KEPT = ("outcome", "routing", "reach", "choice", "score", "named_at")  # columns that are the engine's state as it is


class Moves:
    """Steps some enrollments of one transaction and writes what came of it all at once."""

    def __init__(self, session: Session, enrollments: Sequence[Enrollment]) -> None:
        self.session = session
        self.around = surroundings.load(session, enrollments)
        self._drafts: list[messages.Draft] = []
        self._lines: list[ledger.Line] = []
        self._cancel: list[UUID] = []
        self._entered: list[tuple[UUID, str]] = []
        self._left: dict[tuple[UUID, str], str] = {}
        self._moved: set[UUID] = set()
        self._kept: dict[UUID, Enrollment] = {}
        self._offered: dict[UUID, list[Slot]] = {}
        self._answered: set[UUID] = set()

    def take(self, row: Enrollment, event: Event) -> Result:
        """Step one enrollment; its row, texts, cases and ledger lines follow with `write`."""
        around = self.around[row.id]
        before = state_of(row)
        facts = around.facts if row.id not in self._moved else replace(around.facts, delivered_at=None, settles_at=None)
        result = engine.step(around.program, before, event, now=now(self.session), facts=facts)
        if result.state == before and not result.effects and result.wake_at == row.wake_at:
            return result
        self._keep(row, result, around)
        self._moved.add(row.id)
        if before.reach in ("asked", "delivered") and row.number_id and floor.is_over(before, result.state):
            self._answered.add(row.number_id)
        for effect in result.effects:
            if isinstance(effect, Offer) and not self._offer(row, around, effect):
                return self.take(row, Event(EventKind.NO_SLOTS, step=effect.step))
            self._carry_out(row, around, effect, event)
        return result

    def write(self) -> None:
        """Flush rows, texts, promises and lines of everything taken."""
        if self._cancel:
            gone = messages.cancel_planned(self.session, enrollment_ids=self._cancel, rule="step.left")
            outbox.cancel(self.session, Topic.TEXT_SEND, [str(m) for m in gone])
        self._store()
        stored.left(self.session, self._left)  # before what is entered: a step entered again in one turn has a new row
        stored.entered(self.session, self._entered)
        self._left, self._entered = {}, []
        floor.free(self.session, sorted(self._answered))
        self._plan()
        ledger.write(self.session, self._lines)
        self._drafts, self._lines, self._cancel = [], [], []

    def _store(self) -> None:
        """Write where the taken rows stand: all of them in one statement."""
        self.session.flush()
        stored.keep(self.session, list(self._kept.values()))
        self._kept.clear()

    def _plan(self) -> None:
        """Answers to the patient's own words go with the replies, before what a program asks by itself."""
        for lane, purpose in ((Lane.REPLIES, "answer"), (Lane.DELIVERY, "program")):
            planned = messages.plan(self.session, [draft for draft in self._drafts if draft.purpose == purpose])
            outbox.put_all(self.session, [outbox.Promise(Topic.TEXT_SEND, str(m), lane) for m in planned])

    def _keep(self, row: Enrollment, result: Result, around: Surroundings) -> None:
        """Where it stands now, on the row at once and in the database with `_store`: nothing else may write these columns."""
        state, at = result.state, now(self.session)
        stands: dict[str, Any] = {name: getattr(state, name) for name in _KEPT}
        stands |= {"state": state.status, "step": state.step, "touches": state.touches, "entered_at": state.entered_at}
        stands |= {"wake_at": result.wake_at, "version": row.version + 1}
        stands["wake_local"] = surroundings.wake_local(result.wake_at, around.zone, now=at)
        if state.status == "ended":
            stands["ended_at"] = at
        if state.status != "paused":
            stands["paused_for"] = None
        for name, value in stands.items():
            set_committed_value(row, name, value)
        self._kept[row.id] = row

    def _carry_out(self, row: Enrollment, around: Surroundings, effect: Effect, event: Event) -> None:
        match effect:
            case Ask():
                self._ask(row, around, effect, event)
            case Offer():
                pass  # made before the text that names the times
            case Book():
                self._store()
                if not offers.book(self.session, row, effect.choice):
                    self.take(row, Event(EventKind.SLOT_TAKEN, step=effect.step))
            case OpenCase():
                self._open(row, effect, event)
            case CancelPending():
                self._cancel.append(row.id)
            case End():
                self._end(row, around, effect, event=event)
            case Pause():
                self._pause(row, effect.reason)
            case Enter():
                self._entered.append((row.id, effect.step))
            case Leave():
                self._left.setdefault((row.id, effect.step), effect.how)
                self._line(row, "moved", f"step.{effect.how}", step=effect.step)
            case Unmatched():
                pass  # the inbound service asks a person to read it

    def _pause(self, row: Enrollment, reason: str) -> None:
        """A clinical reason stays whatever comes after it: only a clinical case's closing takes it away."""
        if row.paused_for != CLINICAL:
            set_committed_value(row, "paused_for", reason)
        self._line(row, "paused", reason)

    def _ask(self, row: Enrollment, around: Surroundings, ask: Ask, event: Event) -> None:
        """Plan the text; without a usable number or an approved text in the patient's language a person takes the touch."""
        touch = None if ask.answer else ask.touch
        self._line(row, "touch", "step.answer" if ask.answer else "step.ask", step=ask.step, touch=touch)
        if around.number is None or around.number.textable == "no":
            rule = "number.none" if around.number is None else "number.not_textable"
            self._line(row, "refused", rule, touch=touch)
            self.take(row, Event(EventKind.TOUCH_FAILED, name=rule, step=ask.step))
            return
        try:
            body = compose(around, ask.text, **self._filled(row, around, ask))
        except texts.Untranslated:
            self._line(row, "refused", "language.no_text", touch=touch)
            self.take(row, Event(EventKind.TOUCH_BLOCKED, name="language", step=ask.step))
            return
        answered = event.asked.message_id if ask.answer and event.asked else None
        self._drafts.append(
            messages.Draft(
                number_id=around.number.id,
                body=body,
                purpose="answer" if ask.answer else "program",
                dedupe_key=f"answer:{answered}" if answered else f"enr:{row.id}:{ask.step}:{row.version}",
                patient_id=row.patient_id,
                conversation_id=around.conversation_id,
                enrollment_id=row.id,
                step=ask.step,
                touch=touch,
                language=around.patient.language,
                segments=segments.count(body).segments,
                in_reply_to=answered,
            )
        )

    def _offer(self, row: Enrollment, around: Surroundings, offer: Offer) -> bool:
        """Find times for the text that follows; False when nothing is free."""
        found = offers.make(self.session, row, step=offer.step, count=offer.count, zone=around.zone)
        self._offered[row.id] = found
        return bool(found)

    def _filled(self, row: Enrollment, around: Surroundings, ask: Ask) -> dict[str, str]:
        """What this one text is filled with: the link to its form, the times just found. Raises Untranslated."""
        language, values = around.patient.language, {}
        if ask.form:
            values["link"] = links.link(self.session, row, form=ask.form, step=ask.step, language=language)
        if row.id in self._offered:
            values["slots"] = offers.in_words(self._offered.pop(row.id), zone=around.zone, language=language)
        return values

    def _open(self, row: Enrollment, wanted: OpenCase, event: Event) -> None:
        self._store()
        cases.close_by_itself(self.session, [row.id], disposition="superseded", kinds=SUPERSEDED)
        asked = event.name if event.kind is EventKind.TOUCH_BLOCKED else ""
        opening = cases.Opening(
            kind="interpreter" if asked == "language" else wanted.kind,
            team=wanted.team,
            priority=wanted.priority,
            reason=asked or _reason(event, wanted),
            due=wanted.due,
            dedupe_key=_case_key(row, wanted),
            step=wanted.step,
            patient_id=row.patient_id,
            number_id=row.number_id,
            enrollment_id=row.id,
            asked=_asked(row, wanted, event),
            asked_start=event.asked.start if event.asked else None,
            asked_end=event.asked.end if event.asked else None,
            message_id=event.asked.message_id if event.asked else None,
        )
        found = cases.open_one(self.session, opening)
        if found.state == "closed":  # it was settled once, and is a matter again
            cases.open_one(self.session, replace(opening, dedupe_key=f"{opening.dedupe_key}:{row.version}"))

    def _end(self, row: Enrollment, around: Surroundings, end: End, *, event: Event) -> None:
        self._store()
        if event.kind is not EventKind.CASE:
            cases.close_by_itself(self.session, [row.id], disposition=end.outcome)
        if end.outcome == "confirmed":
            confirmations.promise(self.session, row)
        if offers.made_by(around.program):
            offers.withdraw(self.session, row.id)
        pilot_reviews.ended(self.session, row, around.program)
        facts = {"routing": end.routing, "completion": row.completion}
        self._line(row, "ended", f"outcome.{end.outcome}", by=event.name or event.kind.value, **facts)
        if event.kind is EventKind.EHR:
            self._line(row, "stopped", f"ehr.{event.name.partition('.')[2]}", event=event.name, record=event.record)
        audit.record(
            self.session,
            "enrollment.ended",
            actor="system",
            subject=("enrollment", show("enr", row.id)),
            outcome=end.outcome,
            owner=row.owner,
            **facts,
        )

    def _line(self, row: Enrollment, verdict: str, rule: str, **detail: object) -> None:
        self._lines.append(ledger.Line(verdict, rule, row.id, number=row.number_id, detail=dict(detail)))


def advance(session: Session, *, most: int = BATCH, only: Sequence[UUID] = ()) -> list[UUID]:
    """Move the enrollments whose time has come, oldest first; the ids taken. Skips what another worker holds."""
    found = select(Enrollment).where(
        Enrollment.org_id == org_of(session), Enrollment.wake_at <= now(session), Enrollment.quarantined_at.is_(None)
    )
    if only:
        found = found.where(Enrollment.id.in_(only))
    in_turn = found.order_by(Enrollment.wake_at, Enrollment.id).limit(most)  # of one instant, who was enrolled first
    rows = list(session.scalars(in_turn.with_for_update(skip_locked=True)))
    if rows:
        moves = Moves(session, rows)
        for row in rows:
            moves.take(row, Event(EventKind.STARTED if row.step is None else EventKind.TIMER))
        moves.write()
    return [row.id for row in rows]


def hear(session: Session, enrollment_id: UUID, event: Event) -> Result:
    """Give one enrollment an event now, its number locked first so that no text is claimed meanwhile."""
    row = locked(session, enrollment_id)
    moves = Moves(session, [row])
    result = moves.take(row, event)
    moves.write()
    return result


def locked(session: Session, enrollment_id: UUID) -> Enrollment:
    """Number first, then enrollment: the one order of locks."""
    key = (Enrollment.org_id == org_of(session)) & (Enrollment.id == enrollment_id)
    number_id = session.scalar(select(Enrollment.number_id).where(key))
    if number_id is not None:
        numbers.lock(session, number_id)
    row = session.scalar(select(Enrollment).where(key).with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise Refused("There is no such enrollment here.")
    return row


def program_of(session: Session, enrollment_id: UUID) -> Program | None:
    """The program that an enrollment runs, as published when it began."""
    version = session.scalar(
        select(Enrollment.version_id).where(Enrollment.org_id == org_of(session), Enrollment.id == enrollment_id)
    )
    return publishing.snapshots(session, {version})[version] if version else None


def live_of(session: Session, *, number_id: UUID | None = None, patient_id: UUID | None = None) -> list[UUID]:
    """Enrollments of a number, or of a patient, that have not ended."""
    who = Enrollment.number_id == number_id if number_id else Enrollment.patient_id == patient_id
    found = select(Enrollment.id).where(Enrollment.org_id == org_of(session), who, Enrollment.state != "ended")
    return list(session.scalars(found.order_by(Enrollment.id)))


def interrupt(session: Session, ids: Sequence[UUID], reason: str) -> None:
    """What no program can override: opted_out, wrong_number, deceased, clinical."""
    for enrollment_id in ids:
        hear(session, enrollment_id, Event(EventKind.INTERRUPT, name=reason))


def resume(session: Session, enrollment_id: UUID, *, clinical: bool = False) -> None:
    """Let it go on. One that stands still for a clinical reason goes on only when that was settled (`clinical`)."""
    if (locked(session, enrollment_id).paused_for == CLINICAL) == clinical:
        hear(session, enrollment_id, Event(EventKind.OPERATOR, name="resume"))


def withdraw(session: Session, enrollment_id: UUID) -> None:
    """A person takes the patient out of the program."""
    hear(session, enrollment_id, Event(EventKind.OPERATOR, name="withdrawn"))


def quarantine(session: Session, enrollment_id: UUID) -> None:
    """An enrollment that cannot be moved stands still, and a person is told; the rest of its batch goes on."""
    row = locked(session, enrollment_id)
    row.quarantined_at, row.wake_at, row.state, row.paused_for = now(session), None, "paused", "quarantined"
    row.version += 1
    session.flush()
    ledger.write(session, [ledger.Line("paused", "enrollment.quarantined", row.id)])
    cases.open_one(
        session,
        cases.Opening(
            kind="review", team="front_office", reason="quarantined", due="1 business day", priority="high",
            dedupe_key=f"enr:{row.id}:quarantined", patient_id=row.patient_id, enrollment_id=row.id,
        ),
    )  # fmt: skip


def compose(around: Surroundings, key: str, **more: str) -> str:
    """The program's text for this patient; the first text to a number also says who writes, how often, HELP and STOP (K1)."""
    values = _values(around) | more
    language = around.patient.language
    said = around.program.say(key, language, **values)
    if around.number is not None and around.number.first_texted_at is None:
        said = f"{said} {texts.say('intro', language, **values)}"
    return said


def _values(around: Surroundings) -> dict[str, str]:
    language, visit = around.patient.language, around.appointment
    values = {"clinic": around.sender, "phone": around.organisation.phone}
    values["visit"] = texts.visit_words(visit.kind if visit and not around.is_protected else None, language)
    start: datetime | None = visit.start_at if visit else None
    if start is not None:
        values["when"] = texts.when_label(start, around.zone, language)
    return values


def state_of(row: Enrollment) -> State:
    """The row as the engine knows it. Raises Misconfigured for a state that does not exist."""
    if row.state not in ("active", "waiting", "paused", "ended"):
        raise Misconfigured("an enrollment has a state that does not exist", fix="Look at it with `app.py why`.")
    said: dict[str, Any] = {name: getattr(row, name) for name in _KEPT}
    return State(row.step, row.touches, row.entered_at, row.state, **said)  # type: ignore[arg-type]  # one of the four


def _case_key(row: Enrollment, wanted: OpenCase) -> str:
    """One case a touch; but a patient who cannot be reached at all is one matter, however many touches fail."""
    if wanted.kind == "missing_contact":
        return f"enr:{row.id}:missing_contact"
    return f"enr:{row.id}:{wanted.step}:{row.version}:{wanted.kind}"


def _asked(row: Enrollment, wanted: OpenCase, event: Event) -> str | None:
    """What the patient asked for, coded; for a low score, the score."""
    if wanted.kind == "low_score" and row.score is not None:
        return f"score {row.score}"
    return event.asked.label if event.asked else None


def _reason(event: Event, wanted: OpenCase) -> str:
    if wanted.kind == "low_score":
        return "low_score"
    if event.kind is EventKind.REPLY:
        return "not_understood" if wanted.kind == "admin" and "not_understood" in event.intents else "reply"
    if event.kind is EventKind.TOUCH_FAILED:
        return "undeliverable" if event.name.startswith("provider.") else event.name or "undeliverable"
    return "no_answer" if wanted.kind == "call_task" else event.kind.value
