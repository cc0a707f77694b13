"""Where a case goes: the table's line, its backup, the default queue with one notice a combination; what cannot be saved."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.errors import Misconfigured, Refused
from storage.tables import AuditRow, Case, Decision, Enrollment, Rung, Site, Staff, Team
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from workflows import cases, routing, routing_rules, staff, surroundings, team_hours
from workflows.routing_rules import Wanted
from workflows.staff import Who

NIGHT = MONDAY_NOON + timedelta(hours=10)


@dataclass
class Clinic:
    """One patient who speaks Spanish, in the missed-visit program at no site; Ada is the admin, Noor a nurse, Dana at the front desk."""

    desk: Desk
    enrollment: UUID
    staff: dict[str, UUID]
    opened: int = 0

    def who(self, name: str) -> Who:
        with self.desk.begin() as session:
            return staff.of_id(session, self.staff[name])

    def save(self, *, by: str = "Ada", **named: str) -> UUID:
        who = self.who(by)
        with self.desk.begin() as session:
            return routing_rules.add(session, Wanted(**named), by=who)

    def open(self, kind: str = "call_task", *, team: str = "patient_access", routed: bool = True) -> str:
        """Open one about the patient; the team it went to."""
        self.opened += 1
        patient = self.desk.enrollment(self.enrollment).patient_id
        with self.desk.begin() as session:
            opening = cases.Opening(
                kind=kind, team=team, reason="no_answer", due="4 business hours", dedupe_key=f"t{self.opened}",
                patient_id=patient, enrollment_id=self.enrollment, routed=routed,
            )  # fmt: skip
            case = cases.open_one(session, opening)
            return session.scalars(select(Team.code).where(Team.id == case.team_id)).one()

    def tell(self) -> list[Case]:
        """The clock looks; the notices that there are."""
        with self.desk.begin() as session:
            routing_rules.tell_gaps(session)
        return [case for case in self.desk.cases() if case.reason == "no_route"]


@pytest.fixture
def clinic(desk: Desk) -> Clinic:
    enrollment = desk.enrolled(language="es")
    with desk.begin() as session:
        teams = {team.code: team for team in session.scalars(select(Team))}
        people = {
            "Ada": ("admin", "front_office"),
            "Noor": ("clinician", "clinical"),
            "Dana": ("agent", "front_office"),
            "Pia": ("agent", "patient_access"),
            "Carl": ("agent", "care_coordination"),
        }
        made = {
            name: factories.a_member_of_staff(
                session, role=role, team=teams[code], slack_id=f"U0{name.upper()}", name=name
            ).id
            for name, (role, code) in people.items()
        }
    return Clinic(desk, enrollment, made)


def test_without_a_line_a_case_goes_where_its_program_says_and_nobody_is_told(clinic: Clinic) -> None:
    assert clinic.open() == "patient_access"
    assert clinic.tell() == []


@pytest.mark.req("S48", by="workflows.routing:place")
def test_a_line_sends_spanish_cases_to_another_desk_with_that_desks_due_time(clinic: Clinic) -> None:
    clinic.save(language="es", team="care_coordination")

    went = clinic.open()

    assert went == "care_coordination"
    with clinic.desk.begin() as session:
        line = session.scalars(select(Decision).where(Decision.rule == "case.call_task")).one()
        assert line.detail["team"] == "care_coordination"
        assert line.detail["asked_for"] == "patient_access"


def test_a_program_and_a_site_are_those_of_the_enrollment(clinic: Clinic) -> None:
    clinic.save(program="no_show", team="front_office")
    clinic.save(program="no_show", site="loc-main", team="care_coordination")

    before = clinic.open()
    with clinic.desk.begin() as session:
        site = session.scalars(select(Site.id)).one()
        session.execute(update(Enrollment).values(site_id=site))

    assert (before, clinic.open()) == ("front_office", "care_coordination")


def test_hours_are_those_of_the_team_that_is_asked_for(clinic: Clinic) -> None:
    clinic.save(kind="call_task", hours="in", team="front_office")
    clinic.save(kind="call_task", hours="out", team="care_coordination")

    day = clinic.open()
    clinic.desk.at(NIGHT)

    assert (day, clinic.open()) == ("front_office", "care_coordination")


def test_what_has_no_line_goes_to_the_default_queue_and_an_admin_is_told_once_a_combination(clinic: Clinic) -> None:
    clinic.save(kind="reschedule", team="front_office")
    ada = clinic.who("Ada")
    with clinic.desk.begin() as session:
        routing_rules.set_default(session, "care_coordination", by=ada)

    went = [clinic.open(), clinic.open(), clinic.open("review")]

    assert went == ["care_coordination"] * 3
    assert [notice.asked for notice in clinic.tell()] == [
        "call_task · no_show · es · in team hours", "review · no_show · es · in team hours",
    ]  # fmt: skip
    clinic.open()
    assert len(clinic.tell()) == 2
    with clinic.desk.begin() as session:
        told = session.scalars(select(Rung.staff_id).where(Rung.tier == "no_route")).all()
        assert told == [clinic.staff["Ada"]] * 2
        assert [gap.case.kind for gap in routing_rules.gaps(session)] == ["review", "call_task"]
    clinic.save(kind="review", team="front_office")
    with clinic.desk.begin() as session:
        assert [gap.case.kind for gap in routing_rules.gaps(session)] == ["call_task"]


def test_a_clinical_case_goes_to_clinicians_whatever_the_default_and_the_other_lines_say(clinic: Clinic) -> None:
    clinic.save(language="es", team="care_coordination")
    ada = clinic.who("Ada")
    with clinic.desk.begin() as session:
        routing_rules.set_default(session, "front_office", by=ada)

    assert clinic.open("red_flag", team="clinical") == "clinical"
    assert clinic.open("clinical", team="front_office") == "clinical"
    assert clinic.open("tcm_call", team="clinical") == "clinical"


def test_even_with_no_table_a_clinical_kind_does_not_open_at_another_desk(clinic: Clinic) -> None:
    assert clinic.open("clinical", team="front_office") == "clinical"


def test_where_a_person_picked_the_team_the_table_moves_nothing(clinic: Clinic) -> None:
    clinic.save(team="care_coordination")

    assert clinic.open(routed=False) == "patient_access"
    assert clinic.open("approval") == "patient_access"


class Unable:
    """What makes a team unable to take a case."""

    @staticmethod
    def closed(clinic: Clinic) -> None:
        with clinic.desk.begin() as session:
            row = surroundings.organisation_of(session)
            row.settings = row.settings | {team_hours.KEY: {"front_office": {"days": {"7": [["08:00", "12:00"]]}}}}

    @staticmethod
    def no_channel(clinic: Clinic) -> None:
        with clinic.desk.begin() as session:
            session.execute(update(Team).where(Team.code == "front_office").values(channel_id=""))

    @staticmethod
    def nobody(clinic: Clinic) -> None:
        with clinic.desk.begin() as session:
            session.execute(update(Staff).where(Staff.name == "Dana").values(active=False))


@pytest.mark.parametrize("unable", [Unable.closed, Unable.no_channel, Unable.nobody])
def test_the_backup_takes_it_while_the_team_cannot(clinic: Clinic, unable: Callable[[Clinic], None]) -> None:
    clinic.save(kind="call_task", team="front_office", backup="care_coordination")
    able = clinic.open()

    unable(clinic)

    assert (able, clinic.open()) == ("front_office", "care_coordination")


def test_with_nobody_at_the_backup_either_it_stays_with_the_team(clinic: Clinic) -> None:
    clinic.save(kind="call_task", team="front_office", backup="care_coordination")
    Unable.nobody(clinic)
    with clinic.desk.begin() as session:
        session.execute(update(Staff).where(Staff.name == "Carl").values(active=False))

    assert clinic.open() == "front_office"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({"kind": "red_flag", "team": "front_office"}, "Front office is not a clinical team"),
        ({"kind": "clinical", "team": "clinical", "backup": "front_office"}, "go to clinicians only"),
        ({"kind": "approval", "team": "front_office"}, "no kind of case"),
        ({"kind": "lunch", "team": "front_office"}, "no kind of case"),
        ({"program": "nothing", "team": "front_office"}, "There is no program nothing"),
        ({"site": "loc-moon", "team": "front_office"}, "There is no site loc-moon"),
        ({"language": "fr", "team": "front_office"}, "en or es"),
        ({"hours": "lunch", "team": "front_office"}, "in, out or any"),
        ({"team": "nobody"}, "There is no team nobody"),
        ({"team": "front_office", "backup": "front_office"}, "stand in for itself"),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_the_reason(clinic: Clinic, line: dict[str, str], why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        clinic.save(**line)

    assert "Nothing was saved" in refused.value.say


def test_a_second_line_for_the_same_cases_is_refused_at_saving_and_at_changing(clinic: Clinic) -> None:
    clinic.save(kind="call_task", team="front_office")
    other = clinic.save(kind="review", team="front_office")

    with pytest.raises(Refused, match="they go to Front office"):
        clinic.save(kind="call_task", team="care_coordination")
    ada = clinic.who("Ada")
    with clinic.desk.begin() as session, pytest.raises(Refused, match="exactly these cases"):
        routing_rules.change(session, other, Wanted(kind="call_task", team="clinical"), by=ada)
    with clinic.desk.begin() as session:
        routing_rules.change(session, other, Wanted(kind="review", team="care_coordination"), by=ada)
    assert clinic.open("review") == "care_coordination"


def test_two_admins_saving_one_line_at_once_save_it_once(clinic: Clinic) -> None:
    def save(team: str) -> str:
        try:
            clinic.save(kind="call_task", team=team)
        except Refused as refused:
            return refused.say
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(save, ["front_office", "care_coordination"]))

    assert said[1] == "saved"
    assert "There is a line" in said[0]


def test_only_an_admin_keeps_the_table_and_each_change_is_audited(clinic: Clinic) -> None:
    with pytest.raises(Refused):
        clinic.save(by="Dana", team="front_office")
    made, ada = clinic.save(team="front_office"), clinic.who("Ada")
    with clinic.desk.begin() as session:
        routing_rules.remove(session, made, by=ada)
        routing_rules.remove(session, made, by=ada)

    with clinic.desk.begin() as session:
        done = session.scalars(
            select(AuditRow.action).where(AuditRow.action.startswith("routing.")).order_by(AuditRow.id)
        )
        assert list(done) == ["routing.added", "routing.removed"]
        assert routing.load(session).rules == ()


def test_an_organisation_file_makes_the_table_what_it_says_and_twice_changes_nothing(clinic: Clinic) -> None:
    clinic.save(kind="review", team="front_office")
    said = {
        "default": "front_office",
        "rules": [{"language": "es", "team": "care_coordination", "backup": "front_office"}],
    }

    for _ in range(2):
        with clinic.desk.begin() as session:
            routing_rules.from_file(session, said, actor="system")

    with clinic.desk.begin() as session:
        (rule,) = routing_rules.lines(session)
        assert (rule.language, rule.team and rule.team.code, routing_rules.default_of(session)) == (
            "es", "care_coordination", "front_office",
        )  # fmt: skip
        added = select(AuditRow.id).where(AuditRow.action == "routing.added")
        assert len(session.scalars(added).all()) == 2


@pytest.mark.parametrize(
    "said",
    [[], {"rows": []}, {"rules": [{"kind": "red_flag", "team": "front_office"}]}, {"rules": [{"queue": "x"}]},
     {"rules": [{"kind": 3}]}, {"default": "nobody"}, {"rules": [{"team": "clinical"}, {"team": "front_office"}]}],
)  # fmt: skip
def test_a_file_that_cannot_be_is_refused_and_nothing_is_kept(clinic: Clinic, said: object) -> None:
    clinic.save(kind="review", team="front_office")

    with pytest.raises(Misconfigured), clinic.desk.begin() as session:
        routing_rules.from_file(session, said, actor="system")

    with clinic.desk.begin() as session:
        assert [rule.kind for rule in routing_rules.lines(session)] == ["review"]


def test_a_clinical_case_is_not_handed_to_another_desk_by_hand(clinic: Clinic) -> None:
    clinic.open("clinical", team="clinical")
    case = clinic.desk.cases()[-1]
    noor = clinic.who("Noor")

    with clinic.desk.begin() as session:
        desk = session.scalars(select(Team.id).where(Team.code == "front_office")).one()
        with pytest.raises(Refused, match="stays with clinicians"):
            cases.reassign(session, case.id, team=desk, by=noor)
