"""The clock's look at cases, and what happens when somebody is off: rows, events and calls, at the minutes of docs/time.md."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.errors import Refused
from core.ids import show
from storage.tables import Absence, Case, CaseEvent, OutboxRow, Rung, SlaTimer, Staff, Team
from tests import factories
from tests.service.desk import Desk
from workflows import absences, cases, deadlines, on_call, paging, staff, surroundings
from workflows.absences import Leave

ZONE = ZoneInfo("America/Chicago")
BREAK = [["08:00", "12:00"], ["13:00", "17:00"]]
HOURS = {"days": {str(day): BREAK for day in range(1, 6)}, "closed": ["2026-12-24"], "holidays": True}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class Office:
    """A front office with hours, Ana and Ben in it, Mia the manager."""

    desk: Desk
    people: dict[str, UUID]
    opened: int = field(default=0)

    def go(self, when: str) -> None:
        self.desk.at(at(when))

    def tick(self, when: str) -> None:
        """The clock looks at this moment, twice: a second look changes nothing."""
        self.go(when)
        for _ in range(2):
            with self.desk.begin() as session:
                absences.begin_due(session)
            with self.desk.begin() as session:
                deadlines.look(session)
                paging.climb(session)

    def open(self, when: str, due: str, *, priority: str = "high") -> UUID:
        self.go(when)
        self.opened += 1
        with self.desk.begin() as session:
            opening = cases.Opening(
                kind="admin",
                team="front_office",
                reason="question",
                due=at(due),
                priority=priority,
                dedupe_key=f"case{self.opened}",
            )
            return cases.open_one(session, opening).id

    def claim(self, case_id: UUID, who: str, when: str) -> None:
        self.go(when)
        with self.desk.begin() as session:
            cases.claim(session, case_id, by=staff.of_id(session, self.people[who]))

    def off(self, who: str, start: str, end: str, backup: str | None = None) -> UUID:
        with self.desk.begin() as session:
            asked = Leave(at(start), at(end), self.people[backup] if backup else None)
            return absences.leave(session, asked, by=staff.of_id(session, self.people[who])).id

    def case(self, case_id: UUID) -> Case:
        with self.desk.begin() as session:
            return cases.get(session, case_id)

    def events(self, case_id: UUID) -> list[str]:
        """ "what HH:MM" of the clock's own."""
        with self.desk.begin() as session:
            found = (
                select(CaseEvent)
                .where(CaseEvent.case_id == case_id, CaseEvent.what.like("sla%"))
                .order_by(CaseEvent.id)
            )
            return [f"{one.what} {one.at.astimezone(ZONE):%m-%d %H:%M}" for one in session.scalars(found)]

    def calls(self, case_id: UUID) -> list[str]:
        """ "via tier who" of the calls promised."""
        names = {id_: name for name, id_ in self.people.items()}
        with self.desk.begin() as session:
            found = select(Rung).where(Rung.case_id == case_id).order_by(Rung.no)
            return [
                f"{one.via} {one.tier} {names.get(one.staff_id, 'all') if one.staff_id else 'all'}"
                for one in session.scalars(found)
            ]

    def notices(self) -> set[str]:
        with self.desk.begin() as session:
            rows = session.scalars(select(OutboxRow.key).where(OutboxRow.topic == "notice.sync"))
            return {key.rpartition(":")[2] for key in rows}

    def settings(self, **said: Any) -> None:
        with self.desk.begin() as session:
            organisation = surroundings.organisation_of(session)
            organisation.settings = organisation.settings | said


@pytest.fixture
def office(desk: Desk) -> Office:
    with desk.begin() as session:
        front = session.scalars(select(Team).where(Team.code == "front_office")).one()
        people = {
            name: factories.a_member_of_staff(
                session, role=role, team=front, slack_id=f"U0{name.upper()}", name=name
            ).id
            for name, role in (("Ana", "agent"), ("Ben", "agent"), ("Mia", "manager"))
        }
    made = Office(desk, people)
    made.settings(hours={"front_office": HOURS})
    return made


@pytest.mark.req("S47", by="workflows.deadlines:look")
def test_what_nobody_takes_is_told_to_the_team_then_the_manager_then_who_is_on_call(office: Office) -> None:
    case_id = office.open("2026-12-01T11:45", "2026-12-01T14:00")

    for when in ("11:46", "12:30", "13:14", "13:15", "13:30", "13:45", "14:15", "14:16"):
        office.tick(f"2026-12-01T{when}")

    assert office.events(case_id) == ["sla_ping 12-01 13:15", "sla_manager 12-01 13:45", "sla_on_call 12-01 14:15"]
    assert office.calls(case_id) == ["thread team all", "dm lead Mia", "dm on_call Ana"]


def test_the_round_of_a_case_that_is_not_loud_ends_and_keeps_to_the_teams_hours(office: Office) -> None:
    case_id = office.open("2026-12-01T15:20", "2026-12-01T17:00")

    for when in (
        "01T15:21",
        "01T16:50",
        "01T16:58",
        "01T17:30",
        "01T23:00",
        "02T07:59",
        "02T08:00",
        "02T08:10",
        "02T12:00",
        "03T12:00",
    ):
        office.tick(f"2026-12-{when}")

    assert [call for call in office.calls(case_id) if "on_call" in call] == [
        "dm on_call Ana",
        "dm on_call Ben",
        "dm on_call Mia",
    ]


def test_a_claim_ends_it_all(office: Office) -> None:
    case_id = office.open("2026-12-01T08:00", "2026-12-01T16:00")
    office.tick("2026-12-01T08:30")

    office.claim(case_id, "Ana", "2026-12-01T08:31")
    office.tick("2026-12-01T09:20")

    assert office.events(case_id) == ["sla_ping 12-01 08:30"]
    with office.desk.begin() as session:
        rung = session.scalars(select(Rung).where(Rung.case_id == case_id)).one()
        assert paging.ready(session, rung.id) is None


def test_an_idle_owner_is_asked_and_says_that_they_are_on_it(office: Office) -> None:
    case_id = office.open("2026-12-01T08:00", "2026-12-02T16:00")
    office.claim(case_id, "Ana", "2026-12-01T08:00")
    office.tick("2026-12-01T08:01")
    office.tick("2026-12-01T09:00")
    assert office.calls(case_id) == ["dm owner Ana"]

    office.go("2026-12-01T09:10")
    with office.desk.begin() as session:
        cases.keep(session, case_id, by=staff.of_id(session, office.people["Ana"]))
    for when in ("09:11", "09:30", "10:09", "10:10"):
        office.tick(f"2026-12-01T{when}")

    assert office.events(case_id) == ["sla_idle 12-01 09:00", "sla_idle 12-01 10:10"]


def test_a_case_on_which_nothing_happens_goes_back_and_its_owner_is_told(office: Office) -> None:
    case_id = office.open("2026-12-01T11:00", "2026-12-02T16:00")
    office.claim(case_id, "Ana", "2026-12-01T11:30")

    for when in ("11:31", "13:29", "13:30", "13:59", "14:00", "14:01"):
        office.tick(f"2026-12-01T{when}")

    case = office.case(case_id)
    assert (case.state, case.owner_id) == ("open", None)
    assert office.events(case_id) == ["sla_idle 12-01 13:30", "sla_released 12-01 14:00"]
    assert office.calls(case_id) == ["dm owner Ana", "dm was_owner Ana"]


def test_a_day_without_the_clock_brings_one_call_not_three(office: Office) -> None:
    case_id = office.open("2026-12-23T16:40", "2026-12-28T10:00")

    office.tick("2026-12-28T16:00")

    assert office.events(case_id) == ["sla_on_call 12-28 16:00"]
    with office.desk.begin() as session:
        planned = session.scalars(select(CaseEvent.detail).where(CaseEvent.what == "sla_on_call")).one()
    assert datetime.fromisoformat(str(planned)) == at("2026-12-28T09:10")  # closed, Christmas and a weekend between


def test_a_closed_case_is_not_looked_at_any_more(office: Office) -> None:
    case_id = office.open("2026-12-01T08:00", "2026-12-01T16:00")
    office.claim(case_id, "Ana", "2026-12-01T08:05")
    with office.desk.begin() as session:
        cases.close(
            session, cases.get(session, case_id), disposition="resolved", actor="staff", staff_id=office.people["Ana"]
        )

    office.tick("2026-12-01T08:06")

    with office.desk.begin() as session:
        assert session.scalars(select(SlaTimer.at).where(SlaTimer.case_id == case_id)).one() is None


@pytest.mark.req("S57", by="workflows.absences:hand_over")
def test_who_goes_off_hands_over_to_the_named_backup_with_one_summary(office: Office) -> None:
    first, second = (office.open("2026-12-01T08:00", "2026-12-01T16:00") for _ in range(2))
    for case_id in (first, second):
        office.claim(case_id, "Ana", "2026-12-01T08:05")

    absence = office.off("Ana", "2026-12-01T08:05", "2026-12-03T08:00", backup="Ben")

    assert [office.case(case_id).owner_id for case_id in (first, second)] == [office.people["Ben"]] * 2
    assert office.notices() == {"U0BEN"}
    with office.desk.begin() as session:
        row = session.scalars(select(Absence).where(Absence.id == absence)).one()
        ben = show("stf", office.people["Ben"])
        assert sorted(row.handed) == sorted(f"{show('cas', case_id)}>{ben}" for case_id in (first, second))


def test_without_a_backup_it_is_the_teams_again(office: Office) -> None:
    case_id = office.open("2026-12-01T08:00", "2026-12-01T16:00")
    office.claim(case_id, "Ana", "2026-12-01T08:05")
    with office.desk.begin() as session:
        channel = session.scalars(select(Team.channel_id).where(Team.code == "front_office")).one()

    office.off("Ana", "2026-12-01T08:05", "2026-12-03T08:00")

    case = office.case(case_id)
    assert (case.state, case.owner_id) == ("open", None)
    assert office.notices() == {channel}


def test_an_absence_that_begins_later_hands_over_then(office: Office) -> None:
    case_id = office.open("2026-12-01T08:00", "2026-12-04T16:00")
    office.claim(case_id, "Ana", "2026-12-01T08:05")
    office.off("Ana", "2026-12-01T12:00", "2026-12-03T08:00", backup="Ben")
    office.tick("2026-12-01T11:59")
    assert office.case(case_id).owner_id == office.people["Ana"]

    office.tick("2026-12-01T12:00")

    assert office.case(case_id).owner_id == office.people["Ben"]


def test_nobody_who_is_off_is_given_a_case_or_called(office: Office) -> None:
    case_id = office.open("2026-12-01T08:00", "2026-12-01T16:00")
    office.off("Ana", "2026-12-01T08:00", "2026-12-03T09:30")

    with (
        office.desk.begin() as session,
        pytest.raises(Refused, match=r"Ana is off until Thu Dec 3, 9:30 am\. Nothing was changed"),
    ):
        cases.reassign(session, case_id, to=office.people["Ana"], by=staff.of_id(session, office.people["Ben"]))

    with office.desk.begin() as session:
        front = session.scalars(select(Team).where(Team.code == "front_office")).one()
        assert [one.name for one in on_call.people(session, front)] == ["Ben", "Mia"]


def test_nothing_is_taken_back_when_somebody_returns(office: Office) -> None:
    case_id = office.open("2026-12-01T08:00", "2026-12-04T16:00")
    office.claim(case_id, "Ana", "2026-12-01T08:05")
    office.off("Ana", "2026-12-01T08:05", "2026-12-03T08:00", backup="Ben")

    office.go("2026-12-02T08:00")
    with office.desk.begin() as session:
        assert absences.back(session, by=staff.of_id(session, office.people["Ana"])) == 1
        assert on_call.off(session) == {}

    assert office.case(case_id).owner_id == office.people["Ben"]


@pytest.mark.parametrize(
    ("start", "end", "backup", "why"),
    [
        ("2026-12-01T08:00", "2026-12-01T08:00", None, "still to come"),
        ("2026-12-01T08:00", "2028-12-01T08:00", None, "within a year"),
        ("2026-12-01T08:00", "2026-12-02T08:00", "Ana", "Somebody else has to take over"),
        ("2026-12-01T08:00", "2026-12-02T08:00", "Ben", "Ben is off in that time too"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    office: Office, start: str, end: str, backup: str | None, why: str
) -> None:
    office.go("2026-12-01T08:00")
    office.off("Ben", "2026-12-01T12:00", "2026-12-03T08:00")

    with pytest.raises(Refused, match=why):
        office.off("Ana", start, end, backup)


def test_the_end_of_a_turn_on_call_hands_over_to_whose_turn_it_is(office: Office) -> None:
    people = {"Ana": "U0ANA", "Ben": "U0BEN"}
    with office.desk.begin() as session:
        emails = {name: _email(session, office.people[name]) for name in people}
    rota = [
        {"person": emails["Ana"], "from": "1 17:00", "to": "2 10:00"},
        {"person": emails["Ben"], "from": "2 10:00", "to": "2 17:00"},
    ]
    office.settings(on_call={"front_office": {"rota": rota}})
    case_id = office.open("2026-12-01T09:00", "2026-12-01T16:00")
    office.claim(case_id, "Ana", "2026-12-01T09:05")
    office.tick("2026-12-01T09:59")
    assert office.case(case_id).owner_id == office.people["Ana"]

    office.tick("2026-12-01T10:00")

    assert office.case(case_id).owner_id == office.people["Ben"]
    assert office.notices() == {"U0BEN"}


def test_whose_turn_it_is_is_called_first_every_week(office: Office) -> None:
    with office.desk.begin() as session:
        emails = {name: _email(session, office.people[name]) for name in ("Ana", "Ben")}
    rota = [{"person": emails["Ben"], "from": "7 20:00", "to": "1 06:00"}]
    office.settings(on_call={"front_office": {"people": [emails["Ana"]], "rota": rota}})

    said: list[list[str]] = []
    for when in ("2026-12-06T19:59", "2026-12-06T20:00", "2026-12-07T05:59", "2026-12-07T06:00", "2026-12-13T21:00"):
        office.go(when)
        with office.desk.begin() as session:
            front = session.scalars(select(Team).where(Team.code == "front_office")).one()
            said.append([one.name for one in on_call.people(session, front)])

    assert said == [["Ana"], ["Ben", "Ana"], ["Ben", "Ana"], ["Ana"], ["Ben", "Ana"]]


def _email(session: Any, staff_id: UUID) -> str:
    found: str = session.scalars(select(Staff.email).where(Staff.id == staff_id)).one()
    return found


def test_minutes_pass_for_an_urgent_case_in_the_break(office: Office) -> None:
    case_id = office.open("2026-12-01T12:10", "2026-12-01T12:40", priority="urgent")

    for minutes in range(7):
        office.tick((at("2026-12-01T12:10") + timedelta(minutes=minutes)).replace(tzinfo=None).isoformat())

    assert office.events(case_id) == ["sla_ping 12-01 12:15"]
