import json
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from bot import cards, modals, surfaces
from bot.modals import close, message, reassign, reschedule
from core import ids
from core.errors import Refused
from sandbox.slack.blocks_check import check_view
from tests import block_rules

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 12, 1, 21, 5, tzinfo=UTC)
CASE = ids.show("cas", UUID(int=1042))
TEAMS = [("tem_clinical", "Clinical"), ("tem_front", "Front Office")]
STAFF = [("stf_ana", "Ana Ruiz")]
DISPOSITIONS = [("reached_later", "Reached, will call back"), ("declined", "Declined")]
ASKING = reschedule.Asking(CASE, 1042, "Tue 12–17", NOW, CHICAGO)
PATIENT_LINE = "Zyxwina Quibblesworth, 40–49"
SCHEMA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "blockkit.strict.schema.json"


def slot(number: int, *, hours: int) -> reschedule.SlotChoice:
    start = NOW + timedelta(hours=hours)
    return reschedule.SlotChoice(f"slt_{number}", start, start + timedelta(minutes=30), "Dr Lee")


def inputs(view: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for block in view["blocks"] if block["type"] == "input"]


def words(view: dict[str, Any]) -> str:
    return json.dumps(view["blocks"], ensure_ascii=False)


def submitted(view: dict[str, Any], **answers: Any) -> dict[str, Any]:
    """What Slack sends back for `view`: the first input answered with `pick`, the second with `note`."""
    values: dict[str, Any] = {}
    for block, answer in zip(inputs(view), answers.values(), strict=False):
        element = block["element"]
        found = {"value": answer} if element["type"] == "plain_text_input" else {"selected_option": {"value": answer}}
        values[block["block_id"]] = {element["action_id"]: {"type": element["type"]} | found}
    return view | {"state": {"values": values}}


@pytest.mark.req("S127")
def test_reschedule_offers_eight_free_times_in_order_with_who_and_asks_to_book() -> None:
    slots = [slot(9 - number, hours=9 - number) for number in range(9)]

    view = reschedule.build(ASKING, slots)

    choices = inputs(view)[0]["element"]["options"]
    assert [choice["value"] for choice in choices] == [f"slt_{number}" for number in range(2, 10)]
    assert choices[0]["text"]["text"] == "Tue Dec 1, 5:05 pm"
    assert choices[0]["description"]["text"] == "Dr Lee"
    assert view["title"]["text"] == "Case 1042: new time"
    assert view["submit"]["text"] == "Book"
    assert view["callback_id"] == "case.reschedule.submit"
    assert view["private_metadata"] == CASE
    assert "The patient asked for: Tue 12–17" in words(view)
    assert "Clinic time (America/Chicago), free as of 3:05 pm" in words(view)


def test_a_time_that_has_passed_is_not_offered() -> None:
    view = reschedule.build(ASKING, [slot(1, hours=-1), slot(2, hours=1)])

    assert [choice["value"] for choice in inputs(view)[0]["element"]["options"]] == ["slt_2"]


def test_with_no_free_time_the_form_says_so_and_offers_only_to_close() -> None:
    view = reschedule.build(ASKING, [])

    assert "There is no free time near Tue 12–17 in the EHR. Nothing was booked." in words(view)
    assert "submit" not in view
    assert view["close"]["text"] == "Close"
    assert inputs(view) == []


@pytest.mark.req("N2")
def test_the_patient_line_is_shown_and_kept_nowhere_else() -> None:
    view = reschedule.build(replace(ASKING, patient_line=PATIENT_LINE), [slot(1, hours=1)])

    assert view["blocks"][0]["text"]["text"] == PATIENT_LINE
    rest = json.dumps(view | {"blocks": view["blocks"][1:]}, ensure_ascii=False)
    assert "Quibblesworth" not in rest
    assert view["private_metadata"] == CASE


def test_a_picked_time_comes_back_as_case_and_slot() -> None:
    view = reschedule.build(ASKING, [slot(1, hours=1)])

    assert reschedule.parse_submission(submitted(view, pick="slt_1")) == reschedule.Submission(CASE, "slt_1")


@pytest.mark.req("S128")
def test_closing_needs_a_disposition_and_takes_a_note_where_notes_may_be_in_slack() -> None:
    view = close.build(CASE, 1042, dispositions=DISPOSITIONS, note_allowed=True)

    disposition, note = inputs(view)
    assert not disposition["optional"]
    assert note["optional"]
    assert [choice["value"] for choice in disposition["element"]["options"]] == ["reached_later", "declined"]
    read = close.parse_submission(submitted(view, pick="declined", note="  prefers mornings "))
    assert (read.case_id, read.disposition, read.note) == (CASE, "declined", "prefers mornings")
    assert "mornings" not in repr(read)


@pytest.mark.req("N2")
def test_at_level_none_the_note_is_written_elsewhere() -> None:
    view = close.build(CASE, 1042, dispositions=DISPOSITIONS, note_allowed=False)

    assert len(inputs(view)) == 1
    assert "signed-in case page" in words(view)
    assert close.parse_submission(submitted(view, pick="declined")).note is None


def test_an_empty_note_is_no_note() -> None:
    view = close.build(CASE, 1042, dispositions=DISPOSITIONS, note_allowed=True)

    assert close.parse_submission(submitted(view, pick="declined", note=None)).note is None
    assert close.parse_submission(submitted(view, pick="declined", note="  ")).note is None


def test_closing_without_a_disposition_is_refused_with_what_to_do() -> None:
    view = close.build(CASE, 1042, dispositions=DISPOSITIONS, note_allowed=True)

    with pytest.raises(Refused, match=r"Pick how it ended\. Nothing was changed\."):
        close.parse_submission(view | {"state": {"values": {}}})


def test_a_case_is_handed_to_a_team_or_a_person() -> None:
    view = reassign.build(CASE, 1042, teams=TEAMS, staff=STAFF)

    groups = inputs(view)[0]["element"]["option_groups"]
    assert [group["label"]["text"] for group in groups] == ["Teams", "People"]
    to_team = reassign.parse_submission(submitted(view, pick="team:tem_clinical"))
    to_person = reassign.parse_submission(submitted(view, pick="staff:stf_ana"))
    assert to_team == reassign.Submission(CASE, "team", "tem_clinical")
    assert to_person == reassign.Submission(CASE, "staff", "stf_ana")


def test_with_nobody_to_give_it_to_the_form_says_so() -> None:
    view = reassign.build(CASE, 1042, teams=[], staff=[])

    assert "no other team or person" in words(view)
    assert "submit" not in view


def test_more_people_than_slack_can_list_is_said() -> None:
    crowd = [(f"stf_{number}", f"Person {number}") for number in range(130)]

    view = reassign.build(CASE, 1042, teams=TEAMS, staff=crowd)

    assert check_view(view) == []
    assert "Only the first 75" in words(view)


@pytest.mark.parametrize("pick", ["nobody", "team:", "house:stf_ana"])
def test_a_receiver_of_no_known_shape_is_refused(pick: str) -> None:
    view = reassign.build(CASE, 1042, teams=TEAMS, staff=STAFF)

    with pytest.raises(Refused, match="out of date"):
        reassign.parse_submission(submitted(view, pick=pick))


@pytest.mark.parametrize(
    "change",
    [
        {"callback_id": "case.close.submit"},
        {"callback_id": None},
        {"private_metadata": ""},
        {"private_metadata": "cas_"},
        {"private_metadata": {"case": CASE}},
        {"private_metadata": "pat_" + CASE[4:]},
    ],
)
def test_a_form_of_another_kind_or_about_no_case_is_refused(change: dict[str, Any]) -> None:
    view = submitted(reschedule.build(ASKING, [slot(1, hours=1)]), pick="slt_1")

    with pytest.raises(Refused) as refusal:
        reschedule.parse_submission(view | change)

    assert refusal.value.say.endswith(".")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
READERS: list[Callable[[Any], object]] = [
    reschedule.parse_submission,
    close.parse_submission,
    reassign.parse_submission,
]
CALLBACKS = [reschedule.CALLBACK, close.CALLBACK, reassign.CALLBACK]


@given(which=st.integers(0, 2), state=JSON, answer=JSON, depth=st.integers(0, 2))
def test_no_shape_of_answer_is_more_than_refused(which: int, state: Any, answer: Any, depth: int) -> None:
    views = [
        reschedule.build(ASKING, [slot(1, hours=1)]),
        close.build(CASE, 1042, dispositions=DISPOSITIONS, note_allowed=True),
        reassign.build(CASE, 1042, teams=TEAMS, staff=STAFF),
    ]
    name = inputs(views[which])[0]["block_id"]
    nested = [state, {"values": {name: answer}}, {"values": {name: {name: answer}}}][depth]

    with pytest.raises(Refused):
        READERS[which]({"callback_id": CALLBACKS[which], "private_metadata": CASE, "state": nested})


def every_view() -> list[dict[str, Any]]:
    return [
        reschedule.build(replace(ASKING, patient_line=PATIENT_LINE), [slot(n, hours=n) for n in range(1, 9)]),
        reschedule.build(replace(ASKING, asked=None), [slot(1, hours=1)]),
        reschedule.build(replace(ASKING, number=10**9), []),
        close.build(CASE, 10**12, dispositions=[("a", "L" * 200)], note_allowed=True),
        close.build(CASE, 1042, dispositions=DISPOSITIONS, note_allowed=False),
        reassign.build(CASE, 1042, teams=TEAMS, staff=STAFF),
        reassign.build(CASE, 1042, teams=TEAMS, staff=[]),
        message("Loading", ["One moment, <please>."]),
        message("A title that Slack would not take", ["", "Second line."], case_id=CASE),
    ]


def test_slack_takes_every_form() -> None:
    assert [check_view(view) for view in every_view()] == [[]] * len(every_view())


@pytest.mark.skipif(not SCHEMA.exists(), reason="the strict Block Kit schema is not part of a clone")
def test_forms_fit_the_published_types() -> None:
    schema = json.loads(SCHEMA.read_text())
    validator = Draft7Validator({"$ref": "#/definitions/Modal", "definitions": schema["definitions"]})

    assert [error.message for view in every_view() for error in validator.iter_errors(view)] == []


def test_every_file_of_a_modal_and_every_kind_of_card_has_surfaces_at_each_level() -> None:
    """Who adds a modal adds a file of its name in bot/surfaces/modals, exporting `lines(level)`; see docs/surfaces.md."""
    files = {found.name for found in pkgutil.iter_modules(modals.__path__)} - {"frame"}

    drawn = list(surfaces.every())

    named = {
        kind: {one.name.split(".")[1] for one in drawn if one.name.startswith(f"{kind}.")} for kind in ("modal", "card")
    }
    by_level = {level: {one.name for one in drawn if one.phi_level == level} for level in ("none", "initials", "full")}
    assert named == {"modal": files, "card": set(cards.discover())}
    assert by_level["none"] == by_level["initials"] == by_level["full"]


@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_slack_takes_every_surface_drawn_from_the_worst_rows(surface: str) -> None:
    shown = [one for one in surfaces.every() if one.surface == surface]

    broken = {f"{one.name} at {one.phi_level}": block_rules.broken(surface, one.payload) for one in shown}

    assert {name: rules for name, rules in broken.items() if rules} == {}
