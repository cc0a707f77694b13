"""The pilot gate: numbered runs, verdicts, and nothing more until a manager lets it grow."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.errors import Refused
from storage.tables import Enrollment, Pilot, ProgramRow
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from tests.service.launches import card, discharged, piloted, publish, verdicts
from workflows import cases, closing, enrollments, pilot, staff
from workflows.effects import Event, EventKind
from workflows.staff import Who

FEW = {"runs": 4, "review_all": 2, "sample_every": 4, "min_reviewed": 2, "pass_rate": 0.2}


def run(desk: Desk, number: int, **said: Any) -> str:
    phone = f"+131255502{number:02}"
    return discharged(desk, desk.patient(phone=phone, ehr_id=f"pt-{number}"), key=f"stay-{number}", **said)


def manager(desk: Desk, slack_id: str = "U0BOSS", role: str = "manager") -> Who:
    with desk.begin() as session:
        factories.a_member_of_staff(session, role=role, slack_id=slack_id)
        return staff.of_slack(session, factories.WORKSPACE, slack_id)


def runs(desk: Desk) -> list[Enrollment]:
    with desk.begin() as session:
        return list(session.scalars(select(Enrollment).order_by(Enrollment.run_no)))


def end(desk: Desk, *, event: str = "patient.deceased") -> None:
    """Every run is over."""
    for row in runs(desk):
        with desk.begin() as session:
            enrollments.hear(session, row.id, Event(EventKind.EHR, name=event))


def judge(desk: Desk, by: Who, verdict: str) -> UUID:
    """The oldest open review gets this verdict."""
    case = next(c for c in desk.cases() if c.kind == "pilot_review" and c.state != "closed")
    with desk.begin() as session:
        cases.claim(session, case.id, by=by)
        closing.close(session, case.id, verdict, by=by)
    return case.id


@pytest.mark.req("S105", by="workflows.pilot:take")
def test_the_first_runs_are_numbered_and_reviewed_and_no_more_start_beyond_the_last(desk: Desk) -> None:
    publish(desk)
    piloted(desk, **FEW)

    said = [run(desk, number) for number in range(1, 7)]
    end(desk)

    assert said == ["enrolled"] * 4 + ["pilot_locked"] * 2
    assert [row.run_no for row in runs(desk)] == [1, 2, 3, 4]
    assert [row.completion for row in runs(desk)] == ["review", "review", "auto", "review"]
    assert [case.kind for case in desk.cases()] == ["pilot_review"] * 3
    assert "run 4 of 4, ended: deceased; 0 of 2 reviewed" in card(desk, "pilot_review")


@pytest.mark.req("S106", by="workflows.pilot:_open")
def test_while_one_source_is_piloted_no_other_starts_and_afterwards_it_begins_its_own(desk: Desk) -> None:
    publish(desk)
    piloted(desk, **FEW)
    run(desk, 1)

    assert [run(desk, 2, source="crm"), run(desk, 3, segment="hip"), run(desk, 4)] == [
        "pilot_locked", "pilot_locked", "enrolled",
    ]  # fmt: skip
    end(desk)
    boss = manager(desk)
    judge(desk, boss, "passed")
    judge(desk, boss, "passed")
    with desk.begin() as session:
        pilot.approve(session, "check_in", by=boss)

    assert [run(desk, 5), run(desk, 6, source="crm")] == ["enrolled", "enrolled"]
    assert [(row.phase, row.run_no) for row in runs(desk) if row.state != "ended"] == [("pilot", 1), ("steady", None)]


@pytest.mark.req("N7", by="workflows.pilot:approve")
def test_a_pilot_grows_only_when_its_verdicts_are_in_and_a_manager_says_so(desk: Desk) -> None:
    publish(desk)
    piloted(desk, **FEW)
    for number in range(1, 5):
        run(desk, number)
    end(desk)
    boss, agent = manager(desk), manager(desk, "U0HAND", role="agent")
    judge(desk, boss, "passed")

    with pytest.raises(Refused, match="1 more verdicts"), desk.begin() as session:
        pilot.approve(session, "check_in", by=boss)
    judge(desk, boss, "passed")
    with pytest.raises(Refused, match="cannot"), desk.begin() as session:
        pilot.approve(session, "check_in", by=agent)
    assert run(desk, 5) == "pilot_locked"
    with desk.begin() as session:
        assert pilot.approve(session, "check_in", by=boss).phase == "steady"
    assert run(desk, 6) == "enrolled"


def test_a_missed_red_flag_calls_a_clinician_and_keeps_the_gate_shut(desk: Desk) -> None:
    publish(desk)
    piloted(desk, **FEW)
    run(desk, 1), run(desk, 2)
    end(desk)
    boss = manager(desk)
    judge(desk, boss, "fail_red_flag")
    judge(desk, boss, "passed")

    with pytest.raises(Refused, match="no missed red flag"), desk.begin() as session:
        pilot.approve(session, "check_in", by=boss)
    (urgent,) = [case for case in desk.cases() if case.kind == "clinical"]
    assert (urgent.priority, urgent.reason) == ("urgent", "missed_red_flag")
    desk.at(MONDAY_NOON + timedelta(hours=1))
    with desk.begin() as session:
        pilot.again(session, "check_in", by=boss)
        _, _, fresh = pilot.listed(session)[0]
    assert (fresh.runs, fresh.reviewed, fresh.red_flags_missed) == (0, 0, 0)


@pytest.mark.parametrize(("verdict", "state", "texts"), [("passed", "waiting", 1), ("fail_patient", "ended", 0)])
def test_a_held_run_waits_for_its_reviewer_before_the_first_text(
    desk: Desk, verdict: str, state: str, texts: int
) -> None:
    publish(desk)
    piloted(desk, **FEW, hold=True)
    run(desk, 1)
    assert desk.planned() == []
    assert "nothing is sent before your verdict" in card(desk, "pilot_review")

    judge(desk, manager(desk), verdict)

    assert (runs(desk)[0].state, len(desk.planned())) == (state, texts)


@pytest.mark.req("S99", by="workflows.pilot_reviews:ended")
def test_an_outcome_that_the_program_wants_reviewed_gets_a_person_after_the_pilot_too(desk: Desk) -> None:
    publish(desk, "review: [deceased]")
    piloted(desk, **FEW | {"runs": 9, "review_all": 1, "sample_every": 9})
    run(desk, 1), run(desk, 2)

    end(desk)

    assert [row.completion for row in runs(desk)] == ["review", "review"]
    assert len([case for case in desk.cases() if case.kind == "pilot_review"]) == 2


def test_a_program_that_names_no_outcome_completes_by_itself(desk: Desk) -> None:
    publish(desk, "review: [booked]")
    run(desk, 1)

    end(desk)

    assert [row.completion for row in runs(desk)] == ["auto"]


def test_run_numbers_are_given_once_however_many_ask(desk: Desk) -> None:
    publish(desk)
    piloted(desk, **FEW | {"runs": 30})
    with desk.begin() as session:
        program = session.scalars(select(ProgramRow.id).where(ProgramRow.code == "check_in")).one()

    def take(want: int) -> list[int]:
        with desk.begin() as session:
            grant = pilot.take(session, pilot.Key(program, "ehr"), want=want)
            return list(range(grant.first or 1, (grant.first or 1) + grant.granted))

    with ThreadPoolExecutor(4) as pool:
        given = [number for numbers in pool.map(take, [3] * 12) for number in numbers]

    assert sorted(given) == list(range(1, 31))
    with desk.begin() as session:
        assert session.scalars(select(Pilot.phase)).all() == ["locked"]


def test_an_organisation_that_says_nothing_is_piloted_with_the_usual_terms(desk: Desk) -> None:
    publish(desk)
    piloted(desk)

    run(desk, 1)

    assert (runs(desk)[0].phase, runs(desk)[0].run_no, verdicts(desk)) == ("pilot", 1, ["enrolled"])
