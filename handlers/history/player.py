"""Play a script: events of the modelled world in order of time, and after each what Careloop's clock and workers would do."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot import sync
from core import clock
from core.ids import parse
from handlers.history import recalls
from handlers.history.chart import Chart
from handlers.history.desk import Desk
from handlers.history.office import Office
from handlers.history.phones import Phones
from handlers.history.pilots import Pilots
from handlers.history.recalls import Recalls
from handlers.history.script import Script, people
from handlers.history.stage import Move, Stage
from handlers.history.stays import Stays
from integrations.ehr.references import Resource
from storage import audit, messages, outbox
from storage.arrays import among
from storage.db import Database, org_of
from storage.outbox import Lane, Leased, Topic
from storage.tables import Campaign, CardPost, Case, Message, Patient
from storage.visits import Holder
from workflows import deadlines, doubts, enrollments, paging, patients, resting, sending, tcm
from workflows.campaigns import watching
from workflows.sending import Fate, Outcome, Ready
from workflows.simulation.behaviour import Dice

GRAIN = timedelta(minutes=5)  # what falls into it is carried out together
ROUND = timedelta(hours=12)  # between two looks at due times
FRESH_S = 20.0  # of machine time: facts of the EHR older than that are read again before a text
SENDING = (Lane.SAFETY, Lane.REPLIES, Lane.DELIVERY)
WORKED = frozenset({Lane.BULK, *SENDING})
AT_ONCE = 50
AT_MOST = 40  # rounds of work at one moment: what is still due then waits for the next one, as for the next bell
WEEK = timedelta(weeks=1)
NEXT = text(
    """
    SELECT (SELECT min(wake_at) FROM enrollments WHERE org_id = :org AND quarantined_at IS NULL),
           (SELECT min(hold_until) FROM messages WHERE org_id = :org AND state = 'held')
    """
)
RECENT = timedelta(weeks=3)


def play(db: Database, org: UUID, script: Script, *, move: Move, say: Callable[[str], None]) -> list[Resource]:
    """From the script's first instant to its last; `move` sets business time, `say` gets a line a week, and one for each recall.

    The visits of the last weeks and those to come, as FHIR Appointments: the EHR that is there afterwards must know them.
    """
    player, began = _Player(db, org, script, move=move, say=say), clock.monotonic()
    player.open()
    for week in range(1, script.weeks + 1):
        player.until(min(script.begins + WEEK * week, script.ends))
        left = (clock.monotonic() - began) / week * (script.weeks - week)
        say(f"Week {week} of {script.weeks}: {player.so_far()}{_left(left)}.")
    player.close()
    return player.chart.recent(RECENT)


def _left(seconds: float) -> str:
    return f"; about {max(1, round(seconds / 60))} min left" if seconds else ""


class _Player:
    """One history on the way."""

    def __init__(self, db: Database, org: UUID, script: Script, *, move: Move, say: Callable[[str], None]) -> None:
        dice = Dice(script.seed)
        self.stage, self.script = Stage(db, org, dice=dice, move=move, at=script.begins), script
        self.people = people(script, dice)
        self.chart = Chart(self.stage, script, self.people)
        self.stays = Stays(self.stage, self.chart)
        self.phones = Phones(self.stage, self.people)
        self.desk = Desk(self.stage, script.zone, writes=self.phones.writes)
        self.recalls = Recalls(self.stage, self.desk.managers, say)
        self._posts, self._read_at = 0, float("-inf")
        self._names: dict[UUID | None, str] = {}
        self._due: Sequence[datetime | None] = ()
        self._round = script.begins + ROUND

    def open(self) -> None:
        """The first morning, and what is to come of itself."""
        self.chart.open()
        self.stays.open(self.script, self.people)
        Office(self.stage, self.script, self.stays.home).open()
        Pilots(self.stage, self.desk.managers).open()
        self.recalls.open(self.script)

    def close(self) -> None:
        """The last instant."""
        self.chart.close()
        self.seal()

    def so_far(self) -> str:
        """How much has happened."""
        return f"{self.phones.sent} texts, {self.phones.said} replies, {self.desk.claimed} cases claimed so far"

    def until(self, end: datetime) -> None:
        """Everything that happens up to then."""
        while (at := self._following()) is not None and at < end:
            grain = min(max(at, self.stage.at) + GRAIN, end)
            self.stage.happen(grain)
            self.stage.go(grain)
            self._wake(grain)
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
        """When something happens next: here, or in a program whose time comes, or to a text that was held."""
        with self.stage.begin() as session:
            self._due = session.execute(NEXT, {"org": org_of(session)}).one()
        times = [*self._due, self.stage.following(), self._round]
        return min((at for at in times if at is not None), default=None)

    def _wake(self, at: datetime) -> None:
        """Ring the lanes whose hour has come by itself, as the clock process does."""
        wake, held = self._due
        if wake is not None and wake <= at:
            self.stage.rung.add(Lane.BULK)
        if held is not None and held <= at:
            self.stage.rung.add(Lane.DELIVERY)

    def _work(self) -> bool:
        """What the workers of the lanes that are rung do at one moment; whether there was anything to do."""
        lanes = {Lane(lane) for lane in self.stage.rung}
        self.stage.rung.clear()
        if not lanes:
            return False
        left: list[tuple[Ready, Message, str]] = []
        if lanes & WORKED:
            with self.stage.begin() as session:
                doubts.settle_silent(session)  # first: what waits for a doubt to end is held again while it stands
                if Lane.BULK in lanes and len(enrollments.advance(session)) == enrollments.BATCH:
                    self.stage.rung.add(Lane.BULK)
                if Lane.DELIVERY in lanes:
                    sending.sweep(session)
                for lane in SENDING:
                    left += self._send(session, lane) if lane in lanes else []
            self.phones.left(left)
        self._effects(lanes - {Lane.DELIVERY})  # there are texts alone
        if lanes & {Lane.ACTIONS, Lane.SAFETY}:
            self.desk.look()
        return True

    def _send(self, session: Session, lane: Lane) -> list[tuple[Ready, Message, str]]:
        """Texts that may leave are taken by the carrier."""
        self._read_charts(session)
        ready = sending.claim(session, lane)
        if not ready:
            return []
        if len(ready) == sending.BATCH:
            self.stage.rung.add(lane)
        taken = [Outcome(one.attempt_id, Fate.ACCEPTED, sid=f"SM{one.attempt_id.hex}") for one in ready]
        sending.settle(session, taken)
        texts = messages.get_many(session, [one.message_id for one in ready])
        found = [(one, texts[one.message_id]) for one in ready]
        return [(one, text, self._names.get(text.patient_id, "")) for one, text in found]

    def _read_charts(self, session: Session) -> None:
        """Everybody's facts are read again before they are too old for the gate, in one statement."""
        if clock.monotonic() - self._read_at < FRESH_S:
            return
        of = select(Patient.id, Patient.ehr_id).where(Patient.org_id == org_of(session))
        self._names = {row.id: row.ehr_id for row in session.execute(of)}
        patients.fresh(session, sorted(self._names.values()))
        self._read_at = clock.monotonic()

    def _effects(self, lanes: Iterable[Lane]) -> None:
        """Other promised effects, carried out by the modelled Slack and EHR."""
        with self.stage.begin() as session:
            for lane in sorted(lanes):
                leased = outbox.claim(session, lane, most=AT_ONCE)
                for row in leased:
                    self._carry_out(session, row)
                self._cards(session, [UUID(row.key) for row in leased if row.topic is Topic.CARD_SYNC])
                tasks = [UUID(row.key) for row in leased if row.topic is Topic.EHR_TASK]
                _settle(session, Case.id, tasks, writeback="synced")
                outbox.finish(session, [row.id for row in leased])
                if len(leased) == AT_ONCE:
                    self.stage.rung.add(lane)

    def _carry_out(self, session: Session, row: Leased) -> None:
        """What something follows from; whispers, notices and polls may be read by somebody, and that is all."""
        match row.topic:
            case Topic.EHR_BOOK:
                self.chart.book(session, Holder.of(row.key), row.payload.get("by"))
            case Topic.EHR_CONFIRM:
                self.chart.confirm(session, parse("enr", row.key))
            case Topic.CAMPAIGN_WORK:
                recalls.work(session, UUID(row.key))
            case Topic.PAGE_SEND:
                paging.reached(session, UUID(row.key))

    def _cards(self, session: Session, ids: Sequence[UUID]) -> None:
        """Slack takes each card that is not there yet; what is drawn anew on one that is, nobody reads here."""
        there = select(CardPost.case_id).where(CardPost.org_id == org_of(session), CardPost.ts.is_not(None))
        drawn = set(session.scalars(there.where(CardPost.case_id.in_(ids)))) if ids else set()
        for case_id in ids:
            if case_id not in drawn:
                self._posts += 1
                plan, ts = (
                    sync.plan(session, case_id),
                    f"{int(self.stage.at.timestamp())}.{self._posts % 1_000_000:06d}",
                )
                sync.posted(session, plan, ts)
                paging.shown(session, case_id)
        version = select(Case.version).where(Case.org_id == CardPost.org_id, Case.id == CardPost.case_id)
        _settle(session, CardPost.case_id, list(drawn), rendered_version=version.scalar_subquery(), redraw_at=None)

    def _look_round(self) -> None:
        """What the clock process looks after by itself."""
        self._round = self.stage.at + ROUND
        self.stage.rung |= self.stage.due_lanes()
        with self.stage.begin() as session:
            tcm.warn(session)
            resting.wake(session)
            deadlines.look(session)
            paging.climb(session)
            of = select(Campaign.id).where(Campaign.org_id == org_of(session), Campaign.state == "running")
            running = session.scalars(of.order_by(Campaign.number)).all()
        for campaign_id in running:
            with self.stage.begin() as session:
                watching.tend(session, campaign_id)


def _settle(session: Session, key: InstrumentedAttribute[UUID], ids: Sequence[UUID], **values: object) -> None:
    """What a vendor answered, on these rows of the key's table, in one statement."""
    if ids:
        done = update(key.class_).where(key.class_.org_id == org_of(session), among(key, ids)).values(values)
        session.execute(done.execution_options(synchronize_session=False))
