"""The modelled staff: cases of their teams are claimed and closed, each at its time, through the services that buttons call."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.history.stage import Stage
from storage.db import org_of
from storage.tables import Case, Staff, Team
from workflows import booking, case_calls, case_verbs, cases, closing, corrections, staff
from workflows.corrections import Meaning
from workflows.roles import Role
from workflows.simulation import habits
from workflows.staff import Who
from workflows.understanding import Urgency

Writes = Callable[[UUID, str, timedelta], object]
LEFT_LYING = 0.03  # of the cases nobody claims for days
CALLED = 0.08  # of the cases a patient has called about by the time it is closed
BACK = 0.1  # of the patients write again after their case was closed
SECOND_LOOK = 0.06  # of the texts behind cases are found to have been read wrongly
AGAIN = "please call me"
DIALLED = ("call_task", "call_back", "low_score", "missing_contact")
TALKED = ("reschedule", "ready_to_schedule", "call_task", "call_back", "low_score")
WORKING = (Role.AGENT, Role.CLINICIAN)


class Desk:
    """Everybody who works on cases."""

    def __init__(self, stage: Stage, zone: str, *, writes: Writes) -> None:
        """`writes`: a patient, by our id, sends these words so much later."""
        self.stage, self.zone, self.began, self.writes = stage, zone, stage.at, writes
        self.claimed = 0
        self._seen: set[tuple[UUID, datetime]] = set()
        with stage.begin() as session:
            ids = session.scalars(
                select(Staff.id).where(Staff.org_id == org_of(session), Staff.active).order_by(Staff.email)
            )
            everybody = [staff.of_id(session, one) for one in ids]
            clinical = select(Team.id).where(Team.org_id == org_of(session), Team.clinical)
            self._clinical = frozenset(session.scalars(clinical))
        self._people = [who for who in everybody if who.role in WORKING]
        self.managers = [who for who in everybody if who.role is Role.MANAGER]

    def look(self) -> None:
        """Cases that are new, or open again, get somebody and a time."""
        with self.stage.begin() as session:
            waiting = select(Case).where(Case.org_id == org_of(session), Case.state == "open").order_by(Case.number)
            new = [case for case in session.scalars(waiting) if (case.id, case.due_at) not in self._seen]
        for case in new:
            self._seen.add((case.id, case.due_at))
            self._take_on(case)

    def _take_on(self, case: Case) -> None:
        dice, number = self.stage.dice, len(self._seen)
        who = self._somebody(case, number)
        pace = habits.pace(case.priority, since=self.stage.at - self.began)
        if who is None:
            return
        at = pace.when(pace.claim, dice, self.stage.at, zone=self.zone, what=("claims", number))
        lies = dice.of("lies", number)
        if not pace.clock and lies.random() < LEFT_LYING:
            at += timedelta(days=lies.uniform(3, 12))
        self.stage.later(at, partial(self._claim, case.id, who, pace, number))

    def _somebody(self, case: Case, number: int) -> Who | None:
        clinical = case.team_id in self._clinical
        able = [
            who for who in self._people if case.team_id in who.teams and (who.role is Role.CLINICIAN or not clinical)
        ]
        able = able or self.managers
        if case.kind == "legal_threat":
            able = self.managers
        return self.stage.dice.of("who", number).choice(able) if able else None

    def _claim(self, case_id: UUID, who: Who, pace: habits.Pace, number: int) -> None:
        with self.stage.begin() as session:
            if cases.get(session, case_id).state != "open":
                return
            cases.claim(session, case_id, by=who)
        self.claimed += 1
        at = pace.when(pace.close, self.stage.dice, self.stage.at, zone=self.zone, what=("finishes", number))
        self.stage.later(at, partial(self._close, case_id, who, number))

    def _close(self, case_id: UUID, who: Who, number: int) -> None:
        with self.stage.begin() as session:
            case = cases.get(session, case_id)
            if case.state != "claimed" or case.owner_id != who.id:
                return
            how = habits.closes(case.kind, closing.dispositions(case.kind), dice=self.stage.dice, case=number)
            self._look_again(session, case, who, number)
            self._log(session, case, who, number, how=how)
            if how == "slot" and self._picks_a_time(session, case, who):
                return
            closing.close(session, case_id, "booked" if how == "slot" else how, by=who)
        chance = self.stage.dice.of("back", number)
        if case.patient_id is not None and case.kind in TALKED and chance.random() < BACK:
            self.writes(case.patient_id, AGAIN, timedelta(hours=chance.uniform(4, 70)))

    def _log(self, session: Session, case: Case, who: Who, number: int, *, how: str) -> None:
        """Calls in both directions, as they are logged on the case."""
        chance = self.stage.dice.of("calls", number)
        if case.kind in TALKED and chance.random() < CALLED:
            case_calls.log(session, case.id, "they_called", why=chance.choice(list(case_calls.WHY)), by=who)
        elif case.kind in DIALLED:
            missed = chance.choice(("voicemail", "no_answer"))
            case_calls.log(session, case.id, missed if how == "unreachable" else "reached", by=who)

    def _look_again(self, session: Session, case: Case, who: Who, number: int) -> None:
        """Whoever has the case reads the text once more; now and then it meant something else, rarely something worse."""
        chance = self.stage.dice.of("reads", number)
        if case.message_id is None or chance.random() >= SECOND_LOOK:
            return
        found = corrections.standings(session, [case.message_id]).get(case.message_id)
        if found is None:
            return
        worse = who.role is Role.CLINICIAN and found.means.urgency is Urgency.CLINICAL
        intents = ("urgent_symptom",) if worse else tuple({*found.means.intents, "question"} - {"other"})
        means = Meaning(intents, Urgency.URGENT if worse else found.means.urgency)
        corrections.correct(
            session, case.id, case.message_id, means=means, note="missed" if worse else "meaning", by=who
        )

    def _picks_a_time(self, session: Session, case: Case, who: Who) -> bool:
        """On the phone with the patient: one of the first free times, held until the EHR has it. False where there is none."""
        if case.kind not in case_verbs.BOOKED or case.patient_id is None:
            return False
        _, free = booking.choices(session, case.id, by=who)
        if not free:
            return False
        booking.choose(session, case.id, self.stage.dice.of("time", case.number).choice(list(free)).id, by=who)
        return True
