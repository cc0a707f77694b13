import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from bot import cards, times
from bot.blocks import Message, button, clip, escape, option
from bot.cards.view import CardView, PhiLevel, PhiView, Priority, State, Writeback
from core import ids
from core.errors import Permanent
from sandbox.slack.blocks_check import check_message

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 12, 1, 21, 5, tzinfo=UTC)  # Tue Dec 1, 3:05 pm in Chicago
CASE = ids.show("cas", UUID(int=1042))
OPEN = CardView(
    case_id=CASE,
    number=1042,
    kind="reschedule",
    priority=Priority.NORMAL,
    reason="asked for another time",
    team="Patient Access",
    due_at=NOW + timedelta(minutes=25),
    opened_at=NOW - timedelta(minutes=14),
    now=NOW,
    zone=CHICAGO,
    state=State.OPEN,
    program_title="Missed visit",
    step="second text",
    asked="Tue 12–17",
)
CLAIMED = replace(OPEN, state=State.CLAIMED, owner_slack_id="U07ANA", claimed_at=NOW - timedelta(minutes=2))
CLOSED = replace(CLAIMED, state=State.CLOSED, outcome="booked", closed_at=NOW + timedelta(minutes=28), note_kept=True)
KINDS = sorted(cards.discover())
SENTINELS = ("Zyxwina Quibblesworth", "+15005550199", "my knee swelled up like a melon")
PHI = PhiView(
    level=PhiLevel.FULL,
    initials="Z.Q.",
    age_band="40–49",
    name=SENTINELS[0],
    body=f"{SENTINELS[2]}\ncall {SENTINELS[1]}",
)
TWIN = "from bot.cards.reschedule import build\nfrom bot.cards.view import Card\nCARD = Card('twin', build)\n"
SCHEMA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "blockkit.strict.schema.json"


def shown(message: Message) -> str:
    return json.dumps(message.blocks, ensure_ascii=False)


def elements(message: Message) -> list[dict[str, Any]]:
    return [element for block in message.blocks if block["type"] == "actions" for element in block["elements"]]


def labels(message: Message) -> list[str]:
    return [element["text"]["text"] for element in elements(message) if element["type"] == "button"]


def primary(message: Message) -> list[str]:
    return [element["text"]["text"] for element in elements(message) if element.get("style") == "primary"]


def menu(message: Message) -> list[str]:
    return [
        choice["value"]
        for element in elements(message)
        if element["type"] == "overflow"
        for choice in element["options"]
    ]


def first_line(message: Message) -> str:
    return str(message.blocks[0]["text"]["text"])


def hidden_strings(node: Any) -> Iterator[str]:
    """All that Slack keeps beside what it shows: values, ids, metadata."""
    if isinstance(node, list | tuple):
        for inner in node:
            yield from hidden_strings(inner)
    if isinstance(node, dict):
        for key, inner in node.items():
            if isinstance(inner, str) and key in ("value", "action_id", "block_id", "private_metadata", "callback_id"):
                yield inner
            yield from hidden_strings(inner)


@pytest.mark.req("S43")
@pytest.mark.req("S124")
def test_an_unclaimed_reschedule_card_reads_like_this() -> None:
    message = cards.build(OPEN)

    assert message.text == "Case 1042: offer new times · Patient Access"
    assert message.blocks == (
        {"type": "header", "text": plain("Offer new times (asked: Tue 12–17)")},
        {"type": "section", "text": mrkdwn("asked for another time")},
        {
            "type": "section",
            "fields": [
                mrkdwn("*Program*\nMissed visit · second text"),
                mrkdwn("*Team*\nPatient Access"),
                mrkdwn("*Owner*\nnobody yet"),
                mrkdwn("*Due*\ndue in 25 min (3:30 pm)"),
                mrkdwn("*EHR record*\npending"),
            ],
        },
        {
            "type": "context",
            "elements": [mrkdwn("Case 1042 · normal priority · opened 2:51 pm · waiting 14 min · as of 3:05 pm")],
        },
        {
            "type": "actions",
            "elements": [
                click("Claim", "case.claim") | {"style": "primary"},
                click("Reschedule", "case.reschedule"),
                click("Close", "case.close"),
                {
                    "type": "overflow",
                    "action_id": "case.more",
                    "options": [
                        {"text": plain("Log a call"), "value": f"log_call:{CASE}"},
                        {"text": plain("Open"), "value": f"open:{CASE}"},
                        {"text": plain("Reassign"), "value": f"reassign:{CASE}"},
                        {"text": plain("Call now"), "value": f"call_now:{CASE}"},
                        {"text": plain("Escalate"), "value": f"escalate:{CASE}"},
                    ],
                },
            ],
        },
    )


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def click(label: str, action_id: str) -> dict[str, Any]:
    return {"type": "button", "text": plain(label), "action_id": action_id, "value": CASE}


@pytest.mark.req("S126")
def test_a_claimed_card_shows_the_owner_and_nobody_else_can_claim() -> None:
    message = cards.build(CLAIMED)

    assert "<@U07ANA> since 3:03 pm" in shown(message)
    assert labels(message) == ["Reschedule", "Close"]
    assert primary(message) == ["Reschedule"]
    assert menu(message) == [f"{code}:{CASE}" for code in ("reply", "log_call", "snooze", "open", "more")]


@pytest.mark.parametrize("state", [State.SNOOZED, State.WAITING_PATIENT])
def test_a_resting_card_says_why_it_rests_and_keeps_its_owner_and_buttons(state: State) -> None:
    message = cards.build(replace(CLAIMED, state=state))

    assert {"snoozed": "Snoozed", "waiting_patient": "Waiting for the patient"}[state] in shown(message)
    assert "<@U07ANA>" in shown(message)
    assert labels(message) == ["Reschedule", "Close"]


@pytest.mark.req("S127")
def test_while_a_slot_is_being_booked_the_buttons_give_way_to_what_is_booked() -> None:
    booking = replace(CLAIMED, state=State.BOOKING, booked_for=datetime(2026, 12, 8, 21, 0, tzinfo=UTC))

    message = cards.build(booking)

    assert elements(message) == []
    assert message.blocks[-1]["elements"][0]["text"] == "Booking Tue Dec 8, 3:00 pm…"


@pytest.mark.req("S128")
@pytest.mark.req("N2")
def test_a_closed_card_is_one_line_with_outcome_owner_and_duration_and_nothing_of_the_patient() -> None:
    message = cards.build(replace(CLOSED, phi=PHI, writeback=Writeback.SYNCED))

    assert message.text == "Case 1042: closed · Patient Access"
    assert message.blocks == (
        {"type": "section", "text": mrkdwn("Closed: booked · <@U07ANA> · took 42 min · case 1042")},
    )


@pytest.mark.req("S131")
def test_a_closed_card_still_says_when_the_record_needs_a_hand() -> None:
    message = cards.build(replace(CLOSED, writeback=Writeback.NEEDS_MANUAL))

    assert "EHR record: needs manual entry" in shown(message)


@pytest.mark.req("S131")
@pytest.mark.parametrize(
    ("writeback", "words"),
    [
        (Writeback.PENDING, "pending"),
        (Writeback.SYNCED, "synced"),
        (Writeback.NEEDS_MANUAL, "needs manual entry"),
        (Writeback.HELD, "not written: the patient has not agreed"),
    ],
)
def test_the_card_says_how_far_the_record_is(writeback: Writeback, words: str) -> None:
    assert f"*EHR record*\\n{words}" in shown(cards.build(replace(OPEN, writeback=writeback)))


@pytest.mark.parametrize(
    ("kind", "line", "preview"),
    [
        ("reschedule", "Offer new times (asked: Tue 12–17)", "offer new times"),
        ("call_task", "Call: 3 texts, no answer", "call a patient"),
        ("interpreter", "Call with an interpreter", "call with an interpreter"),
        ("red_flag", "Call back about a symptom", "call back about a symptom"),
        ("clinical", "Answer a care question", "answer a care question"),
        ("admin", "Sort out a request", "sort out a request"),
        ("review", "Read a reply and decide", "read a reply and decide"),
        ("missing_contact", "Find a way to reach the patient", "find a way to reach a patient"),
        ("wrong_number", "Correct a phone number", "correct a phone number"),
        ("opt_out_check", "Ask if the visit was meant", "check an opt-out"),
        ("unknown_send", "Check if a text was sent", "check a text"),
        ("ready_to_schedule", "Book a visit (asked: Tue 12–17)", "book a visit"),
        ("approval", "Approve or refuse for Tue 12–17", "an approval is asked for"),
        ("duplicate_chart", "Check two charts: one person?", "check two charts"),
        ("system_alert", "Careloop needs a hand", "Careloop needs a hand"),
        ("practice", "Practice: offer new times (asked: Tue 12–17)", "practice"),
        ("ehr_manual", "Enter the outcome in the EHR by hand", "enter an outcome by hand"),
    ],
)
def test_the_first_line_is_what_to_do_and_the_preview_says_it_in_general_words(
    kind: str, line: str, preview: str
) -> None:
    message = cards.build(replace(OPEN, kind=kind, reason="3 texts, no answer"))

    assert first_line(message) == line
    assert message.text == f"Case 1042: {preview} · Patient Access"
    assert "3 texts, no answer" in shown(message)


@pytest.mark.req("S105")
def test_a_pilot_review_asks_for_a_verdict_and_says_how_many_are_reviewed() -> None:
    message = cards.build(replace(OPEN, kind="pilot_review", reason="run 38 of 50, ended: booked; 37 of 50 reviewed"))

    assert labels(message) == ["Pass", "Fail"]
    assert "37 of 50 reviewed" in shown(message)


def test_an_approval_is_one_click_either_way_and_nothing_the_ehr_hears_of() -> None:
    message = cards.build(
        replace(OPEN, kind="approval", asked="case 1001", reason="May we book outside the free times?")
    )

    assert first_line(message) == "Approve or refuse for case 1001"
    assert labels(message) == ["Approve", "Refuse"]
    assert "EHR record" not in shown(message)


@pytest.mark.req("S40")
def test_a_call_task_says_which_attempt_it_is_and_a_snoozed_one_until_when() -> None:
    view = replace(
        CLAIMED, kind="call_task", state=State.SNOOZED, snoozed_until=NOW + timedelta(hours=2), attempt="2 of 3"
    )

    assert "*Attempt*\\n2 of 3" in shown(cards.build(view))
    assert "*State*\\nSnoozed until 5:05 pm" in shown(cards.build(view))


@pytest.mark.req("S70")
@pytest.mark.req("N2")
def test_a_low_score_names_visit_and_provider_at_full_its_day_at_initials_and_neither_at_none() -> None:
    phi = replace(PHI, visit_day="Mon Nov 30", visit="Mon Nov 30, 2:00 pm with Dr Okafor")
    view = replace(OPEN, kind="low_score", asked="score 3", program_title="Post-visit survey")

    full, initials, none = (
        shown(cards.build(replace(view, phi=one))) for one in (phi, replace(phi, level=PhiLevel.INITIALS), None)
    )

    assert "*Visit*\\nMon Nov 30, 2:00 pm with Dr Okafor" in full
    assert ("*Visit*\\nMon Nov 30" in initials, "Okafor" in initials) == (True, False)
    assert "Visit*" not in none
    assert all("score 3" in words and "Post-visit survey" in words for words in (full, initials, none))


def test_who_is_urgent_is_called_and_not_answered() -> None:
    assert first_line(cards.build(replace(OPEN, kind="clinical", priority=Priority.URGENT))) == "Call about a symptom"


def test_a_low_score_is_said_once() -> None:
    message = cards.build(replace(OPEN, kind="low_score", asked="score 3", reason="the patient gave a low score"))

    assert first_line(message) == "Call about a low score (score 3)"
    assert "gave a low score" not in shown(message)


def test_the_reason_stands_once_on_a_call_task() -> None:
    assert shown(cards.build(replace(OPEN, kind="call_task", reason="3 texts, no answer"))).count("3 texts") == 1


@pytest.mark.req("S50")
def test_a_red_flag_offers_nothing_that_texts_by_itself() -> None:
    emergency = replace(OPEN, kind="red_flag", priority=Priority.EMERGENCY, reason="chest pain", team="Clinical")

    unclaimed, claimed = cards.build(emergency), cards.build(replace(emergency, state=State.CLAIMED, owner_name="Ana"))

    assert labels(unclaimed) == ["Claim", "Close"]
    assert labels(claimed) == ["Call now", "Close"]
    assert "*Emergency* · chest pain" in shown(unclaimed)
    assert unclaimed.text == "Case 1042: call back about a symptom (emergency) · Clinical"


@pytest.mark.req("S47")
def test_an_owner_without_slack_is_shown_by_name() -> None:
    view = replace(OPEN, state=State.CLAIMED, owner_name="Ana <Ruiz>")

    assert "*Owner*\\nAna &lt;Ruiz&gt;" in shown(cards.build(view))


@pytest.mark.req("N2")
def test_without_phi_the_card_names_nobody_and_at_initials_neither_name_nor_words() -> None:
    nobody = shown(cards.build(OPEN))
    initials = shown(cards.build(replace(OPEN, phi=replace(PHI, level=PhiLevel.INITIALS))))

    assert "Patient*" not in nobody
    assert "*Patient*\\nZ.Q., 40–49" in initials
    assert not any(sentinel in initials for sentinel in SENTINELS)


@pytest.mark.req("S42")
def test_at_level_full_the_owner_reads_who_it_is_and_what_was_written() -> None:
    message = shown(cards.build(replace(OPEN, phi=PHI)))

    assert "*Patient*\\nZyxwina Quibblesworth, 40–49" in message
    assert f"*The patient wrote*\\n>{SENTINELS[2]}\\n>call {SENTINELS[1]}" in message


@pytest.mark.req("S124")
@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (25, "due in 25 min"),
        (0, "due now"),
        (-10, "late by 10 min"),
        (-125, "late by 2 h 5 min"),
        (60, "due in 1 h"),
        (24 * 60, "due in 1 day"),
        (52 * 60, "due in 2 days 4 h"),
    ],
)
def test_due_is_said_in_words(minutes: int, words: str) -> None:
    assert times.due(NOW + timedelta(minutes=minutes), now=NOW) == words


def test_a_time_on_another_day_has_its_weekday_and_midnight_and_noon_are_twelve() -> None:
    tomorrow_noon = datetime(2026, 12, 2, 18, 0, tzinfo=UTC)

    assert times.moment_near(tomorrow_noon, CHICAGO, now=NOW) == "Wed Dec 2, 12:00 pm"
    assert times.moment(datetime(2026, 12, 2, 6, 5, tzinfo=UTC), CHICAGO) == "Wed Dec 2, 12:05 am"


def test_what_others_wrote_cannot_mention_or_link() -> None:
    message = cards.build(replace(OPEN, reason="<!channel> & co", team="<@U1>", phi=replace(PHI, body="<!here>")))

    assert "<!channel>" not in shown(message)
    assert "&lt;!channel&gt; &amp; co" in shown(message)
    assert "<!here>" not in shown(message)
    assert "<@U1>" not in message.text


@given(text=st.text(alphabet="ab&<>;", max_size=60), limit=st.integers(8, 40))
def test_cutting_never_leaves_half_an_entity(text: str, limit: int) -> None:
    cut = clip(escape(text), limit)

    assert len(cut) <= limit
    rest = cut.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set(rest) & set("&<>")


def test_an_id_that_does_not_fit_is_our_mistake_and_never_cut() -> None:
    with pytest.raises(ValueError, match="151 characters"):
        option("Slot", "x" * 151)
    with pytest.raises(ValueError, match="2001 characters"):
        button("Claim", "case.claim", value="x" * 2001)


def test_a_kind_nobody_draws_is_told_to_a_person() -> None:
    with pytest.raises(Permanent) as refusal:
        cards.build(replace(OPEN, kind="horoscope"))

    assert refusal.value.code == "unknown_kind"


def test_two_cards_for_one_kind_stop_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(
        tmp_path,
        monkeypatch,
        name="doubled",
        files=dict.fromkeys(("first", "second"), TWIN),
    )

    with pytest.raises(ValueError, match="two cards for kind 'twin': first and second"):
        cards.discover(package)


def test_a_file_without_a_card_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(tmp_path, monkeypatch, name="cardless", files={"lonely": "X = 1\n"})

    with pytest.raises(TypeError, match="lonely does not export CARD"):
        cards.discover(package)


def package_of(folder: Path, monkeypatch: pytest.MonkeyPatch, *, name: str, files: dict[str, str]) -> ModuleType:
    (folder / name).mkdir()
    for file, source in files.items():
        (folder / name / f"{file}.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))
    package = ModuleType(name)
    package.__path__ = [str(folder / name)]
    monkeypatch.setitem(sys.modules, name, package)
    return package


def any_view() -> st.SearchStrategy[CardView]:
    words = st.text(max_size=400)
    maybe = st.none() | words
    moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
    return st.builds(
        CardView,
        case_id=st.just(CASE),
        number=st.integers(1, 10**7),
        kind=st.sampled_from(KINDS),
        priority=st.sampled_from(Priority),
        reason=words,
        team=words,
        due_at=moments,
        opened_at=moments,
        now=moments,
        zone=st.just(CHICAGO),
        state=st.sampled_from(State),
        writeback=st.sampled_from(Writeback),
        program_title=maybe,
        step=maybe,
        asked=maybe,
        owner_slack_id=st.none() | st.just("U07ANA"),
        owner_name=maybe,
        claimed_at=st.none() | moments,
        outcome=maybe,
        closed_at=st.none() | moments,
        booked_for=st.none() | moments,
        note_kept=st.booleans(),
        phi=st.none()
        | st.just(PHI)
        | st.builds(
            PhiView,
            level=st.sampled_from(PhiLevel),
            initials=st.text(max_size=8),
            age_band=maybe,
            name=maybe,
            body=st.none() | st.text(max_size=1600),
        ),
    )


@given(view=any_view())
def test_slack_takes_every_card(view: CardView) -> None:
    message = cards.build(view)

    assert check_message(list(message.blocks), message.text) == []


@pytest.mark.req("N2")
@given(view=any_view(), level=st.sampled_from(PhiLevel))
def test_no_button_value_or_push_preview_holds_anything_of_the_patient(view: CardView, level: PhiLevel) -> None:
    message = cards.build(replace(view, phi=replace(PHI, level=level)))

    kept = [message.text, *hidden_strings(message.blocks)]
    assert not [text for text in kept for sentinel in (*SENTINELS, "Z.Q.") if sentinel in text]
    assert {text.rpartition(":")[2] for text in kept[1:] if CASE in text} <= {CASE}


@pytest.mark.req("N2")
@pytest.mark.parametrize("kind", KINDS)
def test_closed_cards_of_every_kind_keep_nothing_of_the_patient(kind: str) -> None:
    message = cards.build(replace(CLOSED, kind=kind, phi=PHI))

    assert len(message.blocks) == 1
    assert elements(message) == []
    assert not [sentinel for sentinel in (*SENTINELS, "Z.Q.", "40–49") if sentinel in shown(message)]


@pytest.mark.skipif(not SCHEMA.exists(), reason="the strict Block Kit schema is not part of a clone")
@pytest.mark.parametrize("kind", KINDS)
def test_cards_of_every_kind_and_state_fit_the_published_types(kind: str) -> None:
    schema = json.loads(SCHEMA.read_text())
    validator = Draft7Validator({"$ref": "#/definitions/Message", "definitions": schema["definitions"]})

    for state in State:
        message = cards.build(replace(CLOSED, kind=kind, state=state, phi=PHI))
        content = {"channel": "C1", "text": message.text, "blocks": list(message.blocks)}
        assert [error.message for error in validator.iter_errors(content)] == []
