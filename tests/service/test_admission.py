"""Before a program starts: who it is open to, what is missing, and what a person owns."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from storage.tables import Case
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk
from tests.service.launches import card, discharged, only_enrollment, publish
from workflows import cases, closing, patients, staff, tags

READY = {"schedule": "on_file", "instructions": "on_file", "provider": "on_file"}


def finish(desk: Desk, disposition: str) -> None:
    """A colleague takes the one open case and closes it."""
    (case,) = [case for case in desk.cases() if case.state != "closed"]
    with desk.begin() as session:
        factories.a_member_of_staff(session, role="manager")
        who = staff.of_slack(session, factories.WORKSPACE, "U0AGENT")
        cases.claim(session, case.id, by=who)
        closing.close(session, case.id, disposition, by=who)


def the_case(desk: Desk) -> Case:
    (case,) = desk.cases()
    return case


@pytest.mark.req("S98", by="workflows.admission:_closed")
@pytest.mark.parametrize(
    ("open_to", "said"),
    [
        ("{sources: [crm]}", {}),
        ("{sites: [north]}", {"site": "loc-main"}),
        ("{segments: [hip]}", {"segment": "knee"}),
        ("{segments: [hip]}", {}),
    ],
)
def test_a_program_starts_only_for_what_it_names(desk: Desk, open_to: str, said: dict[str, Any]) -> None:
    publish(desk, f"open_to: {open_to}")

    assert discharged(desk, desk.patient(), **said) == "not_open"
    assert desk.planned() == []


def test_what_it_names_starts_it(desk: Desk) -> None:
    publish(desk, "open_to: {sources: [ehr], sites: [loc-main], segments: [hip]}")

    assert discharged(desk, desk.patient(), site="loc-main", segment="hip") == "enrolled"
    made = only_enrollment(desk)
    assert (made.segment, made.site_id is not None, made.state) == ("hip", True, "waiting")


def test_a_source_starts_only_the_programs_it_may(desk: Desk) -> None:
    publish(desk)

    assert discharged(desk, desk.patient(), source="crm", allowed=("recall",)) == "not_allowed"


def test_what_is_older_than_the_limit_is_recorded_and_not_sent(desk: Desk) -> None:
    publish(desk)

    assert discharged(desk, desk.patient(), at=MONDAY_NOON - timedelta(hours=49)) == "stale"


@pytest.mark.req("S89", by="workflows.pre_check:missing")
def test_what_is_missing_before_contact_opens_a_case_instead_of_a_blind_text(desk: Desk) -> None:
    publish(desk, "pre_check: [schedule, instructions, provider, preference, consent]")

    assert discharged(desk, desk.patient(consented=False)) == "pre_check"
    assert desk.planned() == []
    assert the_case(desk).reason == "missing.schedule.instructions.provider.consent"
    assert "no follow-up visit is booked; no care instructions are on file" in card(desk, "pre_check")


def test_with_everything_on_file_the_text_goes(desk: Desk) -> None:
    publish(desk, "pre_check: [schedule, instructions, provider, preference, consent]")

    assert discharged(desk, desk.patient(), context=READY) == "enrolled"
    assert [purpose for purpose, _ in desk.planned()] == ["program"]


def test_a_booked_visit_is_a_schedule_and_names_its_provider(desk: Desk) -> None:
    publish(desk, "pre_check: [schedule, provider]")
    patient = desk.patient()
    with desk.begin() as session:
        who = factories.patient_of(session, patient)
        factories.an_appointment(session, who, status="booked", start=MONDAY_NOON + timedelta(days=5))

    assert discharged(desk, patient) == "enrolled"


def test_once_it_is_there_the_program_starts_and_otherwise_it_ends(desk: Desk) -> None:
    publish(desk, "pre_check: [instructions]")
    discharged(desk, desk.patient())

    finish(desk, "ready")

    assert only_enrollment(desk).state == "waiting"
    assert len(desk.planned()) == 1


def test_a_run_that_is_not_needed_ends_with_its_case(desk: Desk) -> None:
    publish(desk, "pre_check: [instructions]")
    discharged(desk, desk.patient())

    finish(desk, "resolved")

    assert (only_enrollment(desk).state, only_enrollment(desk).outcome) == ("ended", "handed_over")


def owned(desk: Desk, context: dict[str, Any], rule: str, words: str) -> None:
    publish(desk)
    with desk.begin() as session:
        tags.put(session, "payer", "acme", "high_value", by="test")

    assert discharged(desk, desk.patient(), context=context) == "human_owned"
    assert desk.planned() == []
    assert f"paused policy.{rule}" in desk.rules()
    assert words in card(desk, "human_owned")


@pytest.mark.req("S101", by="workflows.policy:first")
def test_a_sensitive_run_is_a_persons_and_the_card_says_by_which_rule(desk: Desk) -> None:
    owned(desk, {"tags": ["sensitive"]}, "sensitive_request", "marked sensitive")


@pytest.mark.req("S102", by="workflows.tags:of")
def test_an_account_marked_high_value_is_a_persons(desk: Desk) -> None:
    owned(desk, {"payer": "acme"}, "high_value", "marked as an account that people look after")


@pytest.mark.req("S103", by="workflows.policy:known")
def test_a_policy_exception_is_a_persons(desk: Desk) -> None:
    owned(desk, {"tags": ["open_complaint"]}, "policy_exception.open_complaint", "a complaint is open")


def test_a_match_that_the_source_is_not_sure_of_is_a_persons(desk: Desk) -> None:
    publish(desk)

    assert discharged(desk, desk.patient(), source="crm", confidence=0.6) == "human_owned"
    assert "not sure that this is the right patient" in card(desk, "human_owned")


@pytest.mark.parametrize(
    ("disposition", "outcome"), [("booked", "booked"), ("declined", "declined"), ("resolved", "handed_over")]
)
def test_a_persons_run_ends_as_the_person_says(desk: Desk, disposition: str, outcome: str) -> None:
    publish(desk)
    discharged(desk, desk.patient(), context={"tags": ["by_hand"]})

    finish(desk, disposition)

    assert only_enrollment(desk).outcome == outcome
    assert desk.planned() == []


def test_a_death_in_the_chart_ends_a_persons_run_too(desk: Desk) -> None:
    publish(desk)
    patient = desk.patient()
    discharged(desk, patient, context={"tags": ["by_hand"]})

    with desk.begin() as session:
        patients.tell(session, patient, "patient.deceased")

    assert (only_enrollment(desk).outcome, the_case(desk).state) == ("deceased", "closed")


def test_somebody_we_do_not_know_is_recorded_and_a_person_finds_out(desk: Desk) -> None:
    publish(desk)

    assert discharged(desk, None, source="crm") == "no_patient"
    assert (the_case(desk).kind, the_case(desk).patient_id) == ("match", None)
    assert "Find this patient's chart" in card(desk, "match")


def again(desk: Desk, patient: UUID, days: int) -> str:
    desk.at(MONDAY_NOON + timedelta(days=days))
    return discharged(desk, patient, key=f"stay-{days}", at=MONDAY_NOON + timedelta(days=days))


def test_a_patient_is_taken_again_only_so_long_after_the_last_time(desk: Desk) -> None:
    publish(desk, trigger="again_after: 90d")
    patient = desk.patient()

    assert [again(desk, patient, days) for days in (0, 89, 91)] == ["enrolled", "again_too_soon", "enrolled"]


def test_a_patient_in_the_hcahps_sample_gets_no_survey_of_ours_for_49_days(desk: Desk) -> None:
    publish(desk, context="survey_0_10")
    patient = desk.patient()

    assert discharged(desk, patient, context={"tags": ["hcahps_sampled"]}) == "hcahps_window"
    assert [again(desk, patient, days) for days in (48, 50)] == ["hcahps_window", "enrolled"]


def test_a_delay_counts_from_the_event(desk: Desk) -> None:
    publish(desk, trigger="delay: 2h")

    assert discharged(desk, desk.patient(phone=PHONE)) == "enrolled"
    assert only_enrollment(desk).wake_at == MONDAY_NOON + timedelta(hours=2)
    assert desk.planned() == []
