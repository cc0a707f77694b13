"""A manager hands over a list: in Slack where names may be there, told by line numbers, and on to a campaign."""

import base64
import json
from typing import Any

import pytest

from tests import campaign_desk
from tests.world import BRUNO, FRANK, GRETA, World

LIST = "mrn,last name,phone\nMRN10001,Story,\nMRN10004,Silent,\nMRN99999,Quibblesworth,\nMRN10006,Close,123\n"


@pytest.fixture
def desk(world: World) -> World:
    with world.begin() as session:
        campaign_desk.publish(session)
    return world


def form(world: World) -> dict[str, Any]:
    shown = world.form(FRANK)
    assert shown is not None, "no form is open"
    return shown


def hand_over(world: World, content: bytes | str, *, name: str = "overdue.csv", source: str = "Billing export") -> str:
    """What the window shows in the end."""
    world.command(FRANK, world.channel("front_office"), "csv", name="/recall")
    raw = content.encode() if isinstance(content, str) else content
    view = form(world)
    values = {
        "recall.csv.source": {"recall.csv.source": source},
        "recall.csv.file": {"recall.csv.file": {"name": name, "content_base64": base64.b64encode(raw).decode()}},
    }
    world.act("slack/submit", user=FRANK, view_id=view["id"], values=values)
    return str(form(world)["blocks"])


def from_us(world: World) -> str:
    return json.dumps([call.args for call in world.slack.calls.of(None)], ensure_ascii=False)


def test_a_list_is_read_and_what_was_left_out_is_told_by_line(desk: World) -> None:
    said = hand_over(desk, LIST)

    assert "*4 lines: 2 patients taken, 2 lines left out.*" in said
    assert "1: nobody in the chart*\\nline 4" in said
    assert "1: a phone number that cannot be one*\\nline 5" in said
    assert "Quibblesworth" not in from_us(desk)


def test_from_the_list_to_the_preview_it_takes_two_clicks_and_the_reason(desk: World) -> None:
    hand_over(desk, LIST)

    desk.submit(FRANK)
    assert form(desk)["blocks"][0]["element"]["initial_option"]["text"]["text"] == "List from billing_export"
    desk.submit(FRANK, program="checkup", population="From billing", reason="Overdue", holdout="0", repeat="0")

    assert "*2 patients: " in str(form(desk)["blocks"])


def test_the_same_list_again_is_the_same_cohort(desk: World) -> None:
    hand_over(desk, LIST)

    assert "This very list was read before" in hand_over(desk, LIST)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file has no header line."),
        (b"\xff\xfe\x00", "The file is in no encoding we know"),
        ("name;phone\nx;y\n", "has no column for the patient"),
        ("mrn\n", "No row of the file can be used"),
        ('mrn,name\n1,"x\n', "a quotation mark is out of place"),
        (bytes(range(256)) * 8, "Nothing was imported."),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(desk: World, content: bytes | str, said: str) -> None:
    assert said in hand_over(desk, content)


def test_when_slack_does_not_hand_it_over_nothing_is_changed_and_it_is_said(desk: World) -> None:
    desk.fault("slack", method="files.info", error="file_not_found")

    assert "Slack did not hand it over just now. Nothing was changed." in hand_over(desk, LIST)


def test_when_the_window_is_gone_the_list_is_kept(desk: World) -> None:
    desk.fault("slack", method="views.update", error="not_found")

    assert "One moment." in hand_over(desk, LIST)

    assert "List from billing_export: 2 patients" in desk.command(
        FRANK, desk.channel("front_office"), "list", name="/recall"
    )


def test_where_slack_may_not_see_names_no_list_is_taken_there(desk: World) -> None:
    desk.command(GRETA, desk.channel("front_office"), "phi none")

    desk.command(FRANK, desk.channel("front_office"), "csv", name="/recall")

    assert desk.form(FRANK) is None
    assert "/list|Hand over a list>. The link works once, for you, for 5 minutes." in desk.whispers_to(FRANK)[-1]


def test_an_agent_hands_over_no_list(desk: World) -> None:
    said = desk.command(BRUNO, desk.channel("patient_access"), "csv", name="/recall")

    assert said == "Your role cannot do that. Nothing was changed."
