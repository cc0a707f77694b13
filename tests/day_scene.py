"""A busy Friday of the synthetic clinic: 300 cases of every kind, 12 staff who work on them in Slack, and an outage over midday.

Texts come in by the carrier's webhook from phones of patients made for the day; what has no text (a score, a failed write, a call that is
due) is opened by the service that the rest of Careloop opens it with.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import ids
from handlers import processes
from handlers.cli import organisation
from sandbox.slack import Person
from storage.tables import Case, CaseEvent, StaffIdentity, Team
from tests import factories
from tests.theatre import write_facts
from tests.world import World
from workflows import cases

FRIDAY = (2027, 3, 12)  # the clocks go forward on Sunday; the clinic is closed on Monday
HOURS = {
    "days": {str(day): [["08:00", "12:00"], ["13:00", "17:00"]] for day in range(1, 6)},
    "closed": ["2027-03-15"],
    "holidays": True,
}
MORE_STAFF = (
    ("U0NOOR00009", "Noor Haddad", "clinician", ("clinical",), "+13125550189"),
    ("U0IVAN00010", "Ivan Petrenko", "agent", ("patient_access",), ""),
    ("U0JUNE00011", "June Okeke", "agent", ("front_office",), ""),
    ("U0KOFI00012", "Kofi Mensah", "agent", ("care_coordination",), ""),
)
SAID = (
    "chest pain since this morning and my left arm is numb",
    "can I move my visit to next tuesday afternoon?",
    "is this rash from the new pills? it itches a lot",
    "please have somebody call me",
    "CANCEL",
    "wrong number, I am not a patient there",
    "my husband passed away last week, stop this",
    "you will hear from my lawyer",
    "je ne comprends pas, je parle français",
    "hmm the other thing from before maybe or not",
)
BY_SERVICE = (
    ("call_task", "patient_access", "normal"),
    ("low_score", "care_coordination", "high"),
    ("ehr_manual", "front_office", "high"),
    ("unknown_send", "front_office", "normal"),
    ("missing_contact", "front_office", "normal"),
    ("interpreter", "front_office", "high"),
    ("admin", "front_office", "normal"),
    ("chart_update", "front_office", "normal"),
    ("human_owned", "care_coordination", "normal"),
    ("match", "front_office", "normal"),
    ("reschedule", "patient_access", "normal"),
    ("clinical", "clinical", "urgent"),
    ("review", "front_office", "normal"),
    ("wrong_number", "front_office", "normal"),
)
PATIENTS = 60
STEP, STEPS = timedelta(minutes=10), 50


UNTOUCHED = "untouched:"
WATCHED: dict[str, tuple[int, int, str, list[str]]] = {
    # normal: the team after 120 minutes of work, the managers after 240, who is on call after 360; high: 30, 60, 90
    "from opening": (8, 0, "normal", ["Fri 10:00", "Fri 12:00", "Fri 15:00"]),
    "before lunch": (11, 50, "high", ["Fri 13:20", "Fri 13:50", "Fri 14:20"]),
    "at lunch": (12, 20, "high", ["Fri 13:30", "Fri 14:00", "Fri 14:30"]),
    "over the weekend": (15, 0, "normal", ["Fri 17:00", "Tue 10:00", "Tue 12:00"]),
    "at closing": (16, 50, "high", ["Tue 08:20", "Tue 08:50", "Tue 09:20"]),
}
"""By hand: opened at, priority, and when it is told. Lunch is 12 to 1, the day ends at 5, Monday is closed, on Sunday the clocks change."""


@dataclass(frozen=True)
class Scale:
    """How much happens in each ten minutes, and in how many of them anything new comes."""

    texts: int
    opened: int
    presses: int
    steps: int = STEPS


@dataclass
class Day:
    """The clinic on that Friday, before opening time."""

    world: World
    folder: Path
    dice: Random = field(default_factory=lambda: Random(12))
    pressed: Counter[str] = field(default_factory=Counter)
    phones: list[str] = field(default_factory=list)
    patients: list[UUID] = field(default_factory=list)

    def prepare(self) -> None:
        """Staff, hours, the on-call rota, and a patient with a phone for each text."""
        facts = dict(self.world.theatre.facts)
        codes = {team["code"] for team in facts["teams"]}
        people = [
            {"name": name, "email": f"{name.split()[0].lower()}@lakeside.example", "slack_id": slack, "role": role}
            | {"teams": list(teams), "phone": phone}
            for slack, name, role, teams, phone in MORE_STAFF
        ]
        facts |= {"staff": [*facts["staff"], *people], "hours": dict.fromkeys(sorted(codes), HOURS)}
        organisation.apply(self.world.deps.db, write_facts(self.folder, facts))
        for slack, name, _, _, _ in MORE_STAFF:
            self._join(Person(slack, name))
        self.world.clock.install(self.at(7, 50))
        self.world.drain()
        numbers = [f"+1{area}55501{n:02d}" for area in (872, 630) for n in range(PATIENTS // 2)]
        with self.world.begin() as session:
            for place, number in enumerate(numbers):
                ehr_id = f"pat-day-{place}"
                self.patients.append(factories.a_patient(session, phone=number, ehr_id=ehr_id).id)
        charted = [{"resourceType": "Patient", "id": f"pat-day-{place}"} for place in range(PATIENTS)]
        self.world.ehr.seed({"Patient": charted})
        for number in numbers:
            self.world.phones.add_phone(number, number)
        self.phones = numbers

    def at(self, hour: int, minute: int = 0) -> datetime:
        """That Friday at the clinic."""
        return datetime(*FRIDAY, hour, minute, tzinfo=self.world.theatre.zone)

    def go(self, to: datetime) -> None:
        """The clock goes on; what is due then is done."""
        self.world.clock.jump(to)
        processes.tick(self.world.deps)
        self.world.drain()

    def text(self, place: int) -> None:
        """Patient number `place` writes."""
        with self.world.unattended():
            self.world.text(self.phones[place % PATIENTS], SAID[place % len(SAID)])

    def open(self, place: int) -> None:
        """A case that comes from no text."""
        kind, team, priority = BY_SERVICE[place % len(BY_SERVICE)]
        with self.world.begin() as session:
            cases.open_one(
                session,
                cases.Opening(
                    kind=kind,
                    team=team,
                    priority=priority,
                    reason="reply",
                    due="2 business hours",
                    dedupe_key=f"day:{place}",
                    asked="score 2" if kind == "low_score" else None,
                    patient_id=self.patients[place % len(self.patients)],
                ),
            )

    def watch(self, at: datetime) -> None:
        """Open what nobody will touch, if it is time for it: see WATCHED."""
        for key, (hour, minute, priority, _) in WATCHED.items():
            if self.at(hour, minute) == at:
                with self.world.begin() as session:
                    opening = cases.Opening(
                        kind="admin", team="front_office", priority=priority, reason="reply", due="1 business day",
                        dedupe_key=f"{UNTOUCHED}{key}",
                    )  # fmt: skip
                    cases.open_one(session, opening)

    def told(self) -> dict[str, list[tuple[str, str]]]:
        """What was told about each of those, and when it was to be told, on the clinic's wall clock."""
        found = (
            select(Case.dedupe_key, CaseEvent.what, CaseEvent.at)
            .join(CaseEvent, (CaseEvent.org_id == Case.org_id) & (CaseEvent.case_id == Case.id))
            .where(Case.dedupe_key.startswith(UNTOUCHED), CaseEvent.what.startswith("sla_"))
            .order_by(CaseEvent.at)
        )
        told: dict[str, list[tuple[str, str]]] = {}
        with self.world.begin() as session:
            for key, what, at in session.execute(found):
                local = at.astimezone(self.world.theatre.zone)
                told.setdefault(key.removeprefix(UNTOUCHED), []).append((what, f"{local:%a %H:%M}"))
        return told

    def work(self, times: int) -> None:
        """Staff press buttons on cards they see: nobody's are claimed, one's own are closed, given back or passed on."""
        with self.world.unattended():
            for _ in range(times):
                self._press()
        self.world.drain()

    def posts(self) -> dict[str, list[str]]:
        """By case (cas_…): where the workspace shows its card, read over HTTP as any app with a token would."""
        found: dict[str, list[str]] = {}
        for channel in sorted({team.channel for team in self.world.clinic.teams}):
            for message in self._history(channel):
                about = (message.get("metadata") or {}).get("event_payload", {}).get("case_id")
                if str(about).startswith("cas_") and message.get("thread_ts") in (None, message["ts"]):
                    found.setdefault(about, []).append(channel)
        return found

    def _press(self) -> None:
        world = self.world
        with world.begin() as session:
            case = self._pick(session)
            if case is None:
                return
            owner, team = case.owner_id, session.get_one(Team, (case.org_id, case.team_id))
            who = self._somebody(session, team) if owner is None else self._slack(session, owner)
            name = ids.show("cas", case.id)
        shown = world.cards(team.code, holding=name)
        if not shown or who is None:
            return
        card = shown[-1]
        if owner is None:
            offered = ["Claim"]
        else:
            offered = [label for label in ("Close", "Close", "Release") if card.control(label)]
        if not offered or card.control(label := self.dice.choice(offered)) is None:
            return
        world.click(label, card, by=who)
        self.pressed[label] += 1
        if label == "Close" and world.form(who) is not None:
            self._submit(who)

    def _submit(self, who: str) -> None:
        form = self.world.form(who)
        assert form is not None
        first = next(b for b in form["blocks"] if b.get("block_id", "").endswith("disposition"))
        self.world.submit(who, disposition=self.dice.choice(first["element"]["options"])["value"])

    def _pick(self, session: Session) -> Case | None:
        found = select(Case).where(Case.org_id == self.world.org, Case.state.in_(("open", "claimed"))).order_by(Case.id)
        found = found.where(~Case.dedupe_key.startswith(UNTOUCHED))
        waiting = list(session.scalars(found))
        return self.dice.choice(waiting) if waiting else None

    def _somebody(self, session: Session, team: Team) -> str | None:
        roles = ("clinician",) if team.clinical else ("agent", "manager")
        members = [one.id for one in self.world.clinic.staff if team.code in one.teams and one.role in roles] + [
            slack for slack, _, role, teams, _ in MORE_STAFF if team.code in teams and role in roles
        ]
        return self.dice.choice(members) if members else None

    def _slack(self, session: Session, staff_id: UUID) -> str | None:
        return session.scalar(
            select(StaffIdentity.external_id).where(
                StaffIdentity.org_id == self.world.org, StaffIdentity.staff_id == staff_id
            )
        )

    def _join(self, person: Person) -> None:
        """A new colleague, in the workspace and in the teams' channels."""
        self.world.slack.people[person.id] = person
        for room in self.world.slack.rooms.all.values():
            if not room.direct:
                room.members.append(person.id)

    def _history(self, channel: str) -> Iterator[dict[str, Any]]:
        token = self.world.theatre.config.slack_bot_token
        cursor = ""
        while True:
            asked = {"channel": channel, "include_all_metadata": "true", "limit": "200", "cursor": cursor}
            answer = self.world.http.post(
                "/slack/api/conversations.history", data=asked, headers={"Authorization": f"Bearer {token}"}
            ).json()
            assert answer["ok"], answer
            yield from answer["messages"]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
