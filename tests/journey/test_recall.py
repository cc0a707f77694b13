"""A recall from the slash command to a booked visit, as manager, patients and the team see it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from handlers import processes
from handlers.cli.commands.cohort import COMMAND as COHORTS
from storage import visits
from storage.tables import CohortEntry, Organisation
from tests import campaign_desk
from tests.world import BRUNO, FRANK, HANNA, Card, World

pytestmark = pytest.mark.phi("any")

COHORT = ("story", "silent", "landline", "no_phone", "no_consent", "spanish")
THURSDAY = 3


@pytest.fixture
def recall(world: World) -> World:
    """A list of six patients, and a program to recall them with."""
    listed(world, COHORT)
    approve_above(world, len(COHORT))
    return world


def listed(world: World, roles: Sequence[str]) -> None:
    """The program is live, and these patients are on a list."""
    with world.begin() as session:
        campaign_desk.publish(session)
        cohort = campaign_desk.a_list(session, code="overdue")
        for role in roles:
            patient = visits.patient(session, world.person(role).patient)
            assert patient is not None
            session.add(CohortEntry(org_id=cohort.org_id, cohort_id=cohort.id, patient_id=patient.id))


def approve_above(world: World, patients: int) -> None:
    """How many patients need a second manager's word."""
    with world.begin() as session:
        session.query(Organisation).one().settings = {"campaigns": {"approve_above": patients}, "pilot": "off"}


def previewed(world: World, *, cohort: str = "overdue", program: str = "checkup") -> str:
    """Frank types /recall and fills in the form: the words of the preview."""
    world.act("slack/command", user=FRANK, channel=world.channel("patient_access"), command="/recall", text="")
    world.submit(
        FRANK, cohort=cohort, program=program, population="Adults not seen for a year", reason="Overdue for 12 months",
        holdout="0", repeat="0",
    )  # fmt: skip
    return str(form(world, FRANK)["blocks"])


def form(world: World, by: str) -> dict[str, Any]:
    shown = world.form(by)
    assert shown is not None, "no form is open"
    return shown


def campaign_card(world: World) -> Card:
    return world.card("patient_access", "Campaign 1:")


def looked_after(world: World) -> Card:
    """The clock has looked at the campaign; its card."""
    with world.begin() as session:
        session.execute(text("UPDATE campaigns SET tended_at = NULL"))
    processes.tick(world.deps)
    world.drain()
    return campaign_card(world)


@pytest.mark.req("S132", by="handlers.actions_campaign:launch")
@pytest.mark.req("N3", by="handlers.actions_campaign:draft")
def test_the_preview_says_who_and_why_not_and_one_click_launches(recall: World) -> None:
    preview = previewed(recall)

    facts = (
        "*6 patients: 3 by text*", "3 not contacted", "1: no consent to texts on file", "1: no phone number on file",
        "1: landline, or texts do not arrive", "Lakeside Clinic: it is time for your visit", "Lakeside Clinic: ya toca su cita",
        "Adults not seen for a year", "Overdue for 12 months", "patients a day, bound by",
    )  # fmt: skip
    assert [words for words in facts if words not in preview] == []
    assert form(recall, FRANK)["submit"]["text"] == "Launch"
    recall.submit(FRANK)
    assert "3 of 3" in campaign_card(recall)
    assert campaign_card(recall).control("Pause") is not None


@pytest.mark.req("S22", by="workflows.engine:_reply")
@pytest.mark.req("S2", by="workflows.campaigns.launching:launch")
@pytest.mark.req("S54", by="workflows.campaigns.launching:launch")
def test_patients_are_texted_inside_their_hours_and_staff_see_only_who_answers(recall: World) -> None:
    previewed(recall)
    recall.submit(FRANK)

    recall.at(THURSDAY, 19, 30)
    recall.text("story", "1")

    assert "it is time for your visit" in recall.texts("story")[0]
    assert "ya toca su cita" in recall.texts("spanish")[0]
    assert recall.texts("no_consent") == recall.texts("landline") == []
    cases = [card for card in recall.cards("patient_access") if "Offer new times" in card]
    assert len(cases) == 1
    assert recall.why("story", "checkup")["entries"][0]["what"] == "campaign.member"


@pytest.mark.req("S2", by="workflows.campaigns.launching:launch")
def test_a_reply_becomes_a_booked_visit_and_the_card_counts_it(recall: World) -> None:
    previewed(recall)
    recall.submit(FRANK)
    recall.at(THURSDAY, 19, 30)
    recall.text("story", "1")
    recall.click("Claim", recall.card("patient_access", "Offer new times"), by=BRUNO)
    recall.click("Reschedule", recall.card("patient_access", "Offer new times"), by=BRUNO)

    recall.submit(BRUNO, slot=recall.slots(BRUNO)[0]["value"])

    assert recall.booked("story") != []
    assert recall.why("story", "checkup")["outcome"] == "booked"
    shown = looked_after(recall)
    assert [
        words
        for words in ("*Texted*\n3", "*Answered*\n1", "*Booked*\n1")
        if words not in shown.words.replace("\\n", "\n")
    ] == []


def test_above_the_size_a_second_manager_launches_in_at_most_six_clicks(recall: World) -> None:
    approve_above(recall, 2)
    previewed(recall)
    clicks = 0

    assert form(recall, FRANK)["submit"]["text"] == "Ask for approval"
    recall.submit(FRANK)
    clicks += 1
    recall.click("Review", campaign_card(recall), by=HANNA)
    clicks += 1
    assert form(recall, HANNA)["submit"]["text"] == "Approve and launch"
    recall.submit(HANNA)
    clicks += 1

    assert clicks <= 6
    assert "approved by Hanna Brandt" in campaign_card(recall)
    recall.at(THURSDAY, 19, 30)
    assert len(recall.texts("story")) == 1


@pytest.mark.phi("none")
@pytest.mark.req("S132", by="handlers.actions_campaign:propose")
@pytest.mark.req("N3", by="handlers.actions_campaign:propose")
def test_a_cohorts_code_opens_its_preview_and_from_there_two_people_need_three_clicks(recall: World) -> None:
    approve_above(recall, 2)
    here, clicks = recall.channel("patient_access"), 0
    recall.command(FRANK, here, "overdue checkup spring is near", name="/recall")

    assert "*6 patients: 3 by text*" in str(form(recall, FRANK)["blocks"])
    assert "spring is near" in str(form(recall, FRANK)["blocks"])
    recall.submit(FRANK)
    clicks += 1
    recall.command(HANNA, here, "approve", name="/recall")
    assert form(recall, HANNA)["submit"]["text"] == "Approve and launch"
    recall.submit(HANNA)
    clicks += 1

    assert clicks <= 6
    assert "approved by Hanna Brandt" in campaign_card(recall)


@pytest.mark.phi("none")
def test_a_preview_is_launched_by_its_number_or_alone(recall: World) -> None:
    here = recall.channel("patient_access")
    recall.command(FRANK, here, "preview overdue checkup", name="/recall")

    recall.command(FRANK, here, "launch", name="/recall")
    assert form(recall, FRANK)["submit"]["text"] == "Launch"
    recall.submit(FRANK)

    assert "3 of 3" in campaign_card(recall)


@pytest.mark.phi("none")
def test_looking_twice_at_a_cohort_makes_one_campaign(recall: World) -> None:
    here = recall.channel("patient_access")

    recall.command(FRANK, here, "overdue checkup", name="/recall")
    recall.command(FRANK, here, "overdue checkup", name="/recall")

    assert form(recall, FRANK)["title"]["text"] == "Preview: campaign 1"
    assert [card.text for card in recall.cards("patient_access") if card.text.startswith("Campaign")] == [
        "Campaign 1: waiting for its launch"
    ]


@pytest.mark.phi("none")
def test_the_lists_say_what_there_is_and_what_runs(recall: World) -> None:
    here = recall.channel("patient_access")
    assert recall.command(FRANK, here, "status", name="/recall") == "No campaign is under way. `/recall` starts one."
    recall.command(FRANK, here, "overdue checkup", name="/recall")
    recall.submit(FRANK)

    cohorts, running = (
        recall.command(FRANK, here, "list", name="/recall"),
        recall.command(FRANK, here, "status", name="/recall"),
    )

    assert "`overdue` A list: 6 patients · list · last asked" in cohorts
    assert "`wellness`" in cohorts
    assert "not counted yet" in cohorts
    assert "*1* Overdue visit recall: Running" in running
    assert "by Frank" in running


@pytest.mark.phi("none")
def test_paused_and_stopped_by_number_or_alone(recall: World) -> None:
    here = recall.channel("patient_access")
    recall.command(FRANK, here, "overdue checkup", name="/recall")
    recall.submit(FRANK)

    assert "Campaign 1 is paused" in recall.command(FRANK, here, "pause", name="/recall")
    assert "Campaign 1 is paused. Nothing was changed." in recall.command(FRANK, here, "pause 1", name="/recall")
    recall.command(FRANK, here, "resume 1", name="/recall")
    recall.submit(FRANK, reason="All is well")
    recall.command(FRANK, here, "stop", name="/recall")
    recall.submit(FRANK, reason="Wrong list")

    assert "*Stopped*" in campaign_card(recall)
    assert recall.command(FRANK, here, "stop", name="/recall") == "There is no campaign to stop. Nothing was changed."


@pytest.mark.phi("none")
def test_paused_from_the_copy_that_status_shows_the_copy_says_so_too(recall: World) -> None:
    here = recall.channel("patient_access")
    recall.command(FRANK, here, "overdue checkup", name="/recall")
    recall.submit(FRANK)
    recall.command(FRANK, here, "status 1", name="/recall")
    rooms = recall.slack.state()["channels"]
    copy = [m for room in rooms for m in room["messages"] if m["ephemeral_to"] == FRANK and m["blocks"]][-1]

    card = Card(here, copy["ts"], copy["blocks"], copy["text"])
    recall.act("slack/click", user=FRANK, channel=here, ts=card.ts, **_control(card, "Pause"))

    rooms = recall.slack.state()["channels"]
    again = next(m for room in rooms for m in room["messages"] if m["ts"] == copy["ts"])
    assert "*Paused*" in str(again["blocks"])
    assert "*Paused*" in campaign_card(recall)


def _control(card: Card, label: str) -> dict[str, str]:
    found = card.control(label)
    assert found is not None
    return {"action_id": found[0], "value": found[1]}


@pytest.mark.phi("none")
def test_a_cohort_that_was_launched_before_is_looked_at_by_its_code_alone(recall: World) -> None:
    previewed(recall)
    recall.submit(FRANK)

    recall.command(HANNA, recall.channel("patient_access"), "overdue", name="/recall")

    assert form(recall, HANNA)["title"]["text"] == "Preview: campaign 2"
    assert "Overdue for 12 months" in str(form(recall, HANNA)["blocks"])


def test_a_cohort_whose_program_is_not_clear_opens_the_form_with_it_picked(recall: World) -> None:
    recall.command(FRANK, recall.channel("patient_access"), "overdue", name="/recall")

    assert form(recall, FRANK)["blocks"][0]["element"]["initial_option"]["value"] == "overdue"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("overdeu", "Did you mean `/recall overdue`?"),
        ("staus", "Did you mean `/recall status`?"),
        ("Zyxwina", "Nothing was changed: that is no cohort and none of these."),
        ("pause 99", "There is no campaign 99 here. Nothing was changed."),
        ("approve", "No campaign waits for a second manager."),
        ("help", "*Start*"),
        ("launch", "None of your campaigns is ready to launch."),
    ],
)
def test_other_words_after_recall_get_a_sentence(recall: World, text: str, said: str) -> None:
    assert recall.command(FRANK, recall.channel("patient_access"), text, name="/recall").startswith(said)


def test_an_agent_cannot_list_or_pause_campaigns(recall: World) -> None:
    for text_ in ("list", "pause", "overdue", ""):
        said = recall.command(BRUNO, recall.channel("patient_access"), text_, name="/recall")
        assert said == "Your role cannot do that. Nothing was changed."


def test_the_launcher_sees_no_approve_button_and_an_agent_cannot_start_a_recall(recall: World) -> None:
    approve_above(recall, 2)
    previewed(recall)
    recall.submit(FRANK)

    recall.click("Review", campaign_card(recall), by=FRANK)
    recall.act("slack/command", user=BRUNO, channel=recall.channel("patient_access"), command="/recall", text="")

    assert form(recall, FRANK)["submit"] is None
    assert "A second manager has to approve" in str(form(recall, FRANK)["blocks"])


@pytest.mark.phi("none")
def test_paused_from_the_card_nothing_leaves_and_resumed_it_does(recall: World) -> None:
    previewed(recall)
    recall.submit(FRANK)
    recall.click("Pause", campaign_card(recall), by=FRANK)

    recall.at(THURSDAY, 19, 30)
    assert recall.texts("story") == []
    recall.click("Resume", campaign_card(recall), by=FRANK)
    recall.submit(FRANK, reason="The wording is right")
    recall.at(THURSDAY + 1, 19, 30)

    assert len(recall.texts("story")) == 1


def test_stopped_from_the_card_nobody_is_texted_any_more(recall: World) -> None:
    previewed(recall)
    recall.submit(FRANK)
    recall.click("Stop", campaign_card(recall), by=FRANK)
    recall.submit(FRANK, reason="Wrong list")

    recall.at(THURSDAY, 19, 30)

    assert recall.texts("story") == []
    assert "*Stopped*" in campaign_card(recall)
    assert recall.why("story", "checkup")["outcome"] == "withdrawn"


@pytest.mark.req("S8", by="workflows.cohorts.matching:_ids")
@pytest.mark.req("S29", by="workflows.engine:_reply")
@pytest.mark.req("S71", by="workflows.offers:book")
def test_a_recall_list_ends_in_a_booked_visit_a_later_date_or_a_close_out(world: World, tmp_path: Path) -> None:
    path = tmp_path / "overdue.csv"
    path.write_text("mrn\nMRN10001\nMRN10004\nMRN10006\nMRN99999\n")
    loaded = json.loads(world.operate(COHORTS, "load", str(path), "--source", "billing", "--yes", "--json"))
    assert loaded["rows"]["members"] == 3
    approve_above(world, 3)
    previewed(world, cohort=loaded["cohort"], program="recall")
    world.submit(FRANK)
    world.at(THURSDAY, 19, 30)
    assert all("time to plan your next visit" in world.texts(role)[0] for role in ("story", "silent", "close"))

    for role, answers in (("story", "11"), ("silent", "311"), ("close", "34")):
        for digit in answers:
            world.text(role, digit)

    missed = world.person("story").appointment
    assert len([visit for visit in world.booked("story") if visit["id"] != missed]) == 1
    assert "you are set for" in world.texts("story")[-1]
    assert "When may we write again? 1 = in a month" in world.texts("silent")[-1]
    assert world.why("close", "recall")["outcome"] == "declined"
    world.at(THURSDAY + 32, 10)  # a Monday
    assert "you asked us to write again about your visit" in world.texts("silent")[-1]
