"""The paging ladder: who is called, when, and what ends it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.errors import Misconfigured
from storage.db import vault
from storage.tables import Case, Decision, Rung, Staff, Team
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import cases, on_call, paging, staff, surroundings

BEGINS = MONDAY_NOON + timedelta(minutes=10)  # when the desk opens


@dataclass
class Ward:
    """Ana and Ben are nurses with phones, Gus is the admin; one case that cannot wait."""

    desk: Desk
    people: dict[str, UUID]
    minutes: int = 0

    def after(self, minutes: int) -> list[tuple[str, str]]:
        """The clock climbs at this minute, and every call goes out; (who, how) of the new ones."""
        self.minutes += minutes
        self.desk.at(BEGINS + timedelta(minutes=self.minutes))
        with self.desk.begin() as session:
            paging.climb(session)
            due = select(Rung).where(Rung.state == "promised", Rung.staff_id.is_not(None)).order_by(Rung.no)
            fresh = [(rung.id, self.name(rung.staff_id), rung.via) for rung in session.scalars(due)]
            for rung_id, _, _ in fresh:
                paging.reached(session, rung_id)
        return [(who, via) for _, who, via in fresh]

    def name(self, staff_id: UUID | None) -> str:
        return next(name for name, known in self.people.items() if known == staff_id)

    def open(self, priority: str = "emergency") -> UUID:
        with self.desk.begin() as session:
            opening = cases.Opening(
                kind="red_flag", team="clinical", reason="emergency.chest_pain", due="5 minutes", priority=priority,
                dedupe_key="flag",
            )  # fmt: skip
            return cases.open_one(session, opening).id

    def claim(self, case_id: UUID, who: str = "Ana") -> Case:
        with self.desk.begin() as session:
            return cases.claim(session, case_id, by=staff.of_id(session, self.people[who]))

    def rota(self, **said: object) -> None:
        with self.desk.begin() as session:
            surroundings.organisation_of(session).settings = {"on_call": {"clinical": said}}


@pytest.fixture
def ward(desk: Desk) -> Ward:
    with desk.begin() as session:
        nurses = session.scalars(select(Team).where(Team.code == "clinical")).one()
        people = {
            name: factories.a_member_of_staff(session, role=role, team=team, slack_id=f"U0{name.upper()}", name=name)
            for name, role, team in (("Ana", "clinician", nurses), ("Ben", "clinician", nurses), ("Gus", "admin", None))
        }
        for person in people.values():
            person.phone = vault(session).seal("+13125550190", "staff.phone", person.id)
        return Ward(desk, {name: person.id for name, person in people.items()})


@pytest.mark.req("S48", by="workflows.paging:climb")
def test_each_person_gets_a_message_then_a_text_then_the_next_and_at_last_the_admins(ward: Ward) -> None:
    ward.open()

    assert ward.after(2) == []
    assert ward.after(1) == [("Ana", "dm")]
    assert ward.after(0) == []
    assert ward.after(3) == [("Ana", "text")]
    assert ward.after(3) == [("Ben", "dm")]
    assert ward.after(3) == [("Ben", "text")]
    assert ward.after(3) == [("Gus", "dm"), ("Gus", "text")]
    assert ward.after(14) == []
    assert ward.after(1) == [("Ana", "dm")]


def test_a_claim_stops_it_and_a_call_promised_before_it_is_not_made(ward: Ward) -> None:
    case = ward.open()
    ward.desk.at(BEGINS + timedelta(minutes=3))
    with ward.desk.begin() as session:
        assert paging.climb(session) == 1
        promised = session.scalars(select(Rung.id).where(Rung.via == "dm")).one()

    ward.claim(case)

    with ward.desk.begin() as session:
        assert paging.ready(session, promised) is None
        assert "page.over" in set(session.scalars(select(Decision.rule).where(Decision.case_id == case)))
    assert ward.after(60) == []


def test_given_back_it_is_paged_again(ward: Ward) -> None:
    case = ward.open()
    ward.claim(case)
    with ward.desk.begin() as session:
        cases.release(session, case, by=staff.of_id(session, ward.people["Ana"]))

    assert ward.after(3) == [("Ana", "dm")]


def test_an_urgent_case_is_paged_when_nobody_took_it_for_a_while(ward: Ward) -> None:
    ward.open("urgent")

    assert ward.after(14) == []
    assert ward.after(1) == [("Ana", "dm")]


def test_a_call_that_does_not_arrive_sends_the_ladder_on_at_once(ward: Ward) -> None:
    ward.open()
    ward.after(3)
    ward.after(3)
    with ward.desk.begin() as session:
        text = session.scalars(select(Rung).where(Rung.via == "text")).one()
        paging.failed(session, text.id, code="30003")

    assert ward.after(0) == [("Ben", "dm")]


def test_the_list_of_the_organisation_rules_order_people_and_minutes(ward: Ward) -> None:
    ward.rota(people=["U0BEN@clinic.example"], minutes={"dm": 1})
    ward.open()

    assert ward.after(1) == [("Ben", "dm")]
    assert ward.after(3) == [("Ben", "text")]
    assert ward.after(3) == [("Gus", "dm"), ("Gus", "text")]


def test_with_nobody_on_call_the_admins_are_told_first(ward: Ward) -> None:
    with ward.desk.begin() as session:
        for person in session.scalars(select(Staff).where(Staff.role == "clinician")):
            person.active = False
    ward.open()

    assert ward.after(3) == [("Gus", "dm"), ("Gus", "text")]


def test_a_downtime_does_not_ring_for_everything_at_once(ward: Ward) -> None:
    ward.open()

    assert ward.after(600) == [("Ana", "dm")]
    assert ward.after(0) == []


@pytest.mark.parametrize(
    "said",
    [
        {"dental": {"people": []}},
        {"clinical": {"minutes": {"dm": 0}}},
        {"clinical": {"minutes": {"coffee": 5}}},
        {"clinical": {"persons": []}},
    ],
)
def test_a_rota_that_cannot_be_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        on_call.read(said, {"clinical": None})


def test_only_who_may_take_the_case_can_be_on_call(ward: Ward) -> None:
    with ward.desk.begin() as session, pytest.raises(Misconfigured, match="cannot be on call"):
        on_call.check(session, {"clinical": {"people": ["u0gus@clinic.example"]}})
