"""What staff do about consent, wishes and hours from Slack, and what protected matters show."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from bot import sync
from bot.modals import consent as form
from core.errors import Refused
from core.ids import show
from handlers.actions_consent import keep
from handlers.commands.outreach import consent as consent_verb
from handlers.commands.outreach import hours as hours_verb
from handlers.commands.outreach import prefer as prefer_verb
from handlers.edge import Click, Show
from storage import numbers
from storage.outbox import Lane, Topic
from storage.tables import Case, Consent, OutboxRow, Patient, Team, TeamMember
from tests import factories
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk
from workflows import coverage, staff
from workflows.staff import Who


def who(desk: Desk, role: str = "agent") -> Who:
    """A colleague in every team."""
    slack_id = f"U0{role.upper()}"
    with desk.begin() as session:
        first, *others = session.scalars(select(Team)).all()
        person = factories.a_member_of_staff(session, role=role, slack_id=slack_id, team=first)
        session.add_all(TeamMember(org_id=desk.org, team_id=team.id, staff_id=person.id) for team in others)
        session.flush()
        return staff.of_slack(session, factories.WORKSPACE, slack_id)


def typed(desk: Desk, verb: object, rest: str, by: Who) -> object:
    with desk.begin() as session:
        return verb.VERB.answer(session, rest, by)  # type: ignore[attr-defined]  # a module of the folder


def a_case(desk: Desk, **facts: object) -> Case:
    """A case of a patient who asked for a person."""
    desk.patient(**facts)
    desk.text("can I talk to a person?")
    return desk.cases()[0]


def filled(case: Case, **answers: str) -> Click:
    usual = {"who": "patient", "how": "verbal", "scope": "care texts", "wording": "script-7"} | answers
    values: dict[str, object] = {
        f"consent.{name}": {
            f"consent.{name}": {"selected_option": {"value": value}} if name != "wording" else {"value": value}
        }
        for name, value in usual.items()
    }
    view = {"private_metadata": show("cas", case.id), "callback_id": form.CALLBACK, "state": {"values": values}}
    return Click(
        org=case.org_id, workspace="T", user="U", trigger_id="", value="", view=view, response_url=None, received_s=0.0
    )


@pytest.mark.req("T7")
def test_a_consent_told_to_staff_is_kept_with_all_six_facts(desk: Desk) -> None:
    case = a_case(desk, consented=False)
    by = who(desk)

    assert isinstance(typed(desk, consent_verb, str(case.number), by), Show)
    with desk.begin() as session:
        keep(session, filled(case), by)

    with desk.begin() as session:
        (kept,) = session.scalars(select(Consent)).all()
        assert (kept.who, kept.how, kept.scope, kept.wording) == ("patient", "verbal", "care texts", "script-7")
        assert (kept.consent_class, kept.written, kept.recorded_by) == ("care", False, by.actor)
        assert numbers.consented(session, [kept.number_id]) == {kept.number_id: frozenset({"care"})}


@pytest.mark.req("T7")
def test_a_spoken_consent_to_marketing_is_refused(desk: Desk) -> None:
    case = a_case(desk)
    by = who(desk)

    with pytest.raises(Refused, match="written consent"), desk.begin() as session:
        keep(session, filled(case, scope="marketing texts"), by)


@pytest.mark.req("R2")
def test_an_opt_out_told_to_staff_stops_like_one_by_text(desk: Desk) -> None:
    enrollment = desk.enrolled()
    desk.text("can I talk to a person?", sid="SM2")
    by = who(desk)

    typed(desk, consent_verb, f"{desk.cases()[0].number} stop", by)

    assert desk.suppressed()
    assert desk.enrollment(enrollment).outcome == "opted_out"
    assert desk.claim() == []


@pytest.mark.req("R7")
def test_start_from_a_wrong_number_lifts_nothing_staff_do(desk: Desk) -> None:
    patient = desk.patient()
    desk.text("wrong number", sid="SM1")
    desk.text("wrong number!", sid="SM2")
    desk.text("START", sid="SM3", carrier_did="START")
    assert desk.suppressed()
    with desk.begin() as session:
        number = session.scalars(select(Case.number).where(Case.patient_id == patient)).one()

    typed(desk, consent_verb, f"{number} verified", who(desk))

    assert not desk.suppressed()


@pytest.mark.req("R6")
def test_join_from_a_new_number_is_a_consent_with_the_text_as_its_wording(desk: Desk) -> None:
    desk.patient(consented=False)

    desk.text("JOIN")

    (item,) = desk.claim(Lane.REPLIES)
    assert item.body.startswith("Lakeside Clinic: you will get our texts about your visits,")
    with desk.begin() as session:
        (kept,) = session.scalars(select(Consent)).all()
        assert kept.how == "keyword"
        assert kept.wording.startswith("keyword:msg_")


@pytest.mark.req("R6")
def test_yes_is_an_answer_and_no_consent(desk: Desk) -> None:
    desk.patient(consented=False)

    desk.text("YES")

    with desk.begin() as session:
        assert session.scalars(select(Consent)).all() == []


@pytest.mark.req("R5")
def test_marketing_alone_can_be_stopped(desk: Desk) -> None:
    case = a_case(desk)
    desk.consent(PHONE, scope="marketing texts", how="paper")

    typed(desk, consent_verb, f"{case.number} stop marketing", who(desk))

    with desk.begin() as session:
        number = numbers.find(session, PHONE)
        assert number is not None
        assert numbers.stops(session, [number.id]) == {number.id: frozenset({"marketing"})}
        assert numbers.consented(session, [number.id]) == {number.id: frozenset({"care"})}
    assert not desk.suppressed()


@pytest.mark.req("S38", by="workflows.preferences:keep")
def test_staff_note_a_wish_and_the_next_call_is_due_then(desk: Desk) -> None:
    case = a_case(desk)
    by = who(desk)

    assert typed(desk, prefer_verb, f"{case.number} call after 5", by) == f"Case {case.number}: kept, call after 5 pm."
    desk.text("please call me back", sid="SM9")

    assert desk.cases()[-1].asked in ("call after 5 pm", None)
    with pytest.raises(Refused, match="could not be read"):
        typed(desk, prefer_verb, f"{case.number} gladly", by)


def test_an_admin_may_tighten_the_hours_and_only_a_manager_loosens_them(desk: Desk) -> None:
    admin, manager = who(desk, "admin"), who(desk, "manager")

    assert "10:00–18:00" in str(typed(desk, hours_verb, "10:00-18:00", admin))
    assert "Holidays: closed" in str(typed(desk, hours_verb, "holidays on", admin))
    with pytest.raises(Refused):
        typed(desk, hours_verb, "9:00-20:00", admin)

    assert "09:00–20:00" in str(typed(desk, hours_verb, "9:00-20:00", manager))
    with pytest.raises(Refused, match="cannot be read"):
        typed(desk, hours_verb, "25:00-26:00", manager)


@pytest.mark.req("S37", by="workflows.judging:_allowed")
def test_a_channel_the_organisation_does_not_allow_is_a_person_s_touch(desk: Desk) -> None:
    desk.settings(channels=["call"])
    desk.enrolled()

    assert desk.claim() == []
    assert desk.states() == [("refused", "channel.not_allowed")]
    assert [case.kind for case in desk.cases()] == ["missing_contact"]


def test_the_summary_says_how_many_can_be_texted_and_why_not(desk: Desk) -> None:
    desk.patient(phone="+13125550102")
    desk.patient(phone="+13125550103", consented=False)
    desk.patient(phone="+13125550104", opted_out=True)
    desk.patient(phone="+13125550105", textable="no")
    desk.patient(phone=None)
    desk.patient(phone="+13125550106", deceased=True)

    said = str(typed(desk, consent_verb, "", who(desk))).splitlines()

    assert said[0] == "6 patients, 1 textable."
    assert sorted(said[1:]) == sorted(
        f"1: {words}" for why, words in coverage.WORDS.items() if why not in ("textable", "wrong_number")
    )


@pytest.mark.req("P7")
def test_a_protected_case_shows_neither_program_nor_patient_and_is_not_written(desk: Desk) -> None:
    desk.enrolled(sensitive=["sud"])
    desk.claim()
    (case,) = desk.cases()
    with desk.begin() as session:
        team = session.get(Team, (desk.org, case.team_id))
        assert team is not None
        view = sync.view(session, case, team)

    assert (view.program_title, view.step, view.phi) == (None, None, None)
    assert desk.states() == [("refused", "privacy.sender")]


@pytest.mark.req("P7")
def test_a_protected_text_leaves_under_the_neutral_name(desk: Desk) -> None:
    desk.settings(neutral_sender="Lakeside")
    desk.enrolled(sensitive=["sud"])

    (item,) = desk.claim()

    assert item.body.startswith("Lakeside: ")


@pytest.mark.req("P7")
def test_once_the_patient_agrees_the_case_is_promised_to_the_ehr(desk: Desk) -> None:
    case = a_case(desk, sensitive=["sud"])
    with desk.begin() as session:
        session.execute(update(OutboxRow).where(OutboxRow.topic == Topic.EHR_TASK.value).values(state="done"))

    typed(desk, consent_verb, f"{case.number} disclosure", who(desk))

    with desk.begin() as session:
        assert session.scalars(select(Patient.disclosure_consent_at)).one() == MONDAY_NOON + timedelta(minutes=10)
        due = select(OutboxRow.key).where(OutboxRow.topic == Topic.EHR_TASK.value, OutboxRow.state == "due")
        assert [UUID(key) for key in session.scalars(due)] == [case.id]
