"""Play a script: events of the modelled world in order of time, and after each what Careloop's clock and workers would do."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import sync
from core import clock
from core.ids import parse
from handlers.history import recalls
from handlers.history.chart import Chart
from handlers.history.desk import Desk
from handlers.history.phones import Phones
from handlers.history.script import Script, people
from handlers.history.stage import Move, Stage
from integrations.ehr.references import Resource
from storage import audit, messages, outbox
from storage.db import Database, org_of
from storage.outbox import Lane, Leased, Topic
from storage.tables import Enrollment, Message, Patient
from storage.visits import Holder
from workflows import cases, deadlines, doubts, enrollments, paging, patients, resting, sending, tcm
from workflows.campaigns import watching
from workflows.sending import Fate, Outcome, Ready
from workflows.simulation.behaviour import Dice

GRAIN = timedelta(minutes=5)  # what falls into it is carried out together
ROUND = timedelta(hours=6)  # between two looks at due times
FRESH = timedelta(seconds=20)  # machine time: facts of the EHR older than that are read again before a text
SENDING = (Lane.SAFETY, Lane.REPLIES, Lane.DELIVERY)
AT_ONCE = 50
AT_MOST = 40  # rounds of work at one moment: what is still due then waits for the next one, as for the next bell
WEEK = timedelta(weeks=1)
RECENT = timedelta(weeks=3)


def play(db: Database, org: UUID, script: Script, *, move: Move, say: Callable[[str], None]) -> list[Resource]:
    """From the script's first instant to its last; `move` sets business time, `say` gets a line a week.

    The visits of the last weeks and those to come, as FHIR Appointments: the EHR that is there afterwards must know them.
    """
    player = _Player(db, org, script, move)
    player.chart.open()
    recalls.Recalls(player.stage, player.desk.managers).open(script)
    for week in range(1, script.weeks + 1):
        player.until(min(script.begins + WEEK * week, script.ends))
        done = f"{player.phones.sent} texts, {player.phones.said} replies, {player.desk.claimed} cases claimed"
        say(f"Week {week} of {script.weeks}: {done} so far.")
    player.chart.close()
    player.seal()
    return player.chart.recent(RECENT)


class _Player:
    """One history on the way."""

    def __init__(self, db: Database, org: UUID, script: Script, move: Move) -> None:
        dice = Dice(script.seed)
        self.stage = Stage(db, org, dice=dice, move=move, at=script.begins)
        everybody = people(script, dice)
        self.chart = Chart(self.stage, script, everybody)
        self.phones = Phones(self.stage, everybody)
        self.desk = Desk(self.stage, script.zone)
        self._posts = 0
        self._round = script.begins + ROUND

    def until(self, end: datetime) -> None:
        """Everything that happens up to then."""
        while (at := self._following()) is not None and at < end:
            grain = min(max(at, self.stage.at) + GRAIN, end)
            self.stage.happen(grain)
            self.stage.go(grain)
            rounds = 0
            while rounds < AT_MOST and self._work():
                self.stage.happen(grain)
                rounds += 1
            if self.stage.at >= self._round:
                self._look_round()
        self.stage.go(end)

    def seal(self) -> None:
        """Chain what was audited, as the clock does each few seconds."""
        more = True
        while more:
            with self.stage.begin() as session:
                more = bool(audit.seal(session))

    def _following(self) -> datetime | None:
        with self.stage.begin() as session:
            wake = session.scalar(
                select(func.min(Enrollment.wake_at)).where(
                    Enrollment.org_id == org_of(session), Enrollment.quarantined_at.is_(None)
                )
            )
            held = select(func.min(Message.hold_until)).where(
                Message.org_id == org_of(session), Message.state == "held"
            )
            times = [wake, session.scalar(held), self.stage.following(), self._round]
        return min((at for at in times if at is not None), default=None)

    def _work(self) -> bool:
        """What the workers of the lanes that are rung do at one moment; whether there was anything to do."""
        lanes = {Lane(lane) for lane in self.stage.due_lanes()}
        if not lanes:
            return False
        left: list[tuple[Ready, Message, str]] = []
        with self.stage.begin() as session:
            doubts.settle_silent(session)  # first: a text that waits for a doubt to end is held again while it stands
            busy = Lane.BULK in lanes and bool(enrollments.advance(session))
            busy = (Lane.DELIVERY in lanes and bool(sending.sweep(session))) or busy
            for lane in SENDING:
                left += self._send(session, lane) if lane in lanes else []
        self.phones.left(left)
        busy = self._effects(lanes) or bool(left) or busy
        if busy:
            self.desk.look()
        return busy

    def _send(self, session: Session, lane: Lane) -> list[tuple[Ready, Message, str]]:
        """Texts that may leave are taken by the carrier."""
        stale = sending.stale_patients(session, lane, older_than=clock.machine() - FRESH)
        if stale:
            patients.fresh(session, [patient for patient, _ in stale])
        ready = sending.claim(session, lane)
        if not ready:
            return []
        sending.settle(
            session, [Outcome(one.attempt_id, Fate.ACCEPTED, sid=f"SM{one.attempt_id.hex}") for one in ready]
        )
        texts = {one.message_id: messages.get(session, one.message_id) for one in ready}
        ids = {text.patient_id for text in texts.values() if text.patient_id is not None}
        of = select(Patient.id, Patient.ehr_id).where(Patient.org_id == org_of(session), Patient.id.in_(ids))
        known = {row.id: row.ehr_id for row in session.execute(of)}
        found = [(one, texts[one.message_id]) for one in ready]
        return [(one, text, known.get(text.patient_id, "") if text.patient_id else "") for one, text in found]

    def _effects(self, lanes: Iterable[Lane]) -> bool:
        """Other promised effects, carried out by the modelled Slack and EHR."""
        busy = False
        with self.stage.begin() as session:
            for lane in sorted(lanes):
                for row in outbox.claim(session, lane, most=AT_ONCE):
                    self._carry_out(session, row)
                    outbox.done(session, row)
                    busy = True
        return busy

    def _carry_out(self, session: Session, row: Leased) -> None:
        match row.topic:
            case Topic.CARD_SYNC:
                self._card(session, UUID(row.key))
            case Topic.EHR_BOOK:
                self.chart.book(session, Holder.of(row.key), row.payload.get("by"))
            case Topic.EHR_CONFIRM:
                self.chart.confirm(session, parse("enr", row.key))
            case Topic.EHR_TASK:
                cases.get(session, UUID(row.key)).writeback = "synced"
            case Topic.CAMPAIGN_WORK:
                recalls.work(session, UUID(row.key))
            case Topic.PAGE_SEND:
                paging.reached(session, UUID(row.key))
            case _:
                pass  # whispers, notices, polls: somebody may read them, and nothing follows

    def _card(self, session: Session, case_id: UUID) -> None:
        """Slack takes the card, or its new drawing."""
        plan = sync.plan(session, case_id)
        self._posts += 1
        sync.posted(session, plan, plan.ts or f"{int(self.stage.at.timestamp())}.{self._posts % 1_000_000:06d}")
        paging.shown(session, case_id)

    def _look_round(self) -> None:
        """What the clock process looks after by itself."""
        self._round = self.stage.at + ROUND
        with self.stage.begin() as session:
            tcm.warn(session)
            resting.wake(session)
            deadlines.look(session)
            paging.climb(session)
            running = watching.due(session)
        for campaign_id in running:
            with self.stage.begin() as session:
                watching.tend(session, campaign_id)
