import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from workflows.understanding import Reading, Urgency, lexicon, read, to_line
from workflows.understanding.batch import run
from workflows.understanding.normalise import normal_form

TUESDAY, WEDNESDAY = datetime(2026, 12, 1, 9), datetime(2026, 12, 2, 9)


def dev_set() -> list[tuple[dict[str, Any], Reading]]:
    lines = (Path(__file__).parents[1] / "data" / "replies" / "dev_first.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [(r, read(r["text"], context=r["context"], ref=datetime.fromisoformat(r["ref"]))) for r in rows]


def says(text: str, context: str | None = None, ref: datetime = WEDNESDAY) -> Reading:
    return read(text, context=context, ref=ref)


@pytest.mark.req("S96")
def test_every_emergency_of_the_development_set_is_read_as_one() -> None:
    missed = [r["text"] for r, reading in dev_set() if r["urgency"] == "emergency" and reading.urgency != "emergency"]

    assert missed == []


def test_nothing_else_of_the_development_set_is_read_as_an_emergency() -> None:
    false = [r["text"] for r, reading in dev_set() if r["urgency"] != "emergency" and reading.urgency == "emergency"]

    assert false == []


def test_urgency_scores_and_opt_outs_of_the_development_set_are_right() -> None:
    both = dev_set()

    wrong = [(r["text"], reading.urgency.value) for r, reading in both if r["urgency"] != reading.urgency]
    assert len(both) >= 150
    assert len(wrong) <= 0.04 * len(both), wrong
    assert [r["text"] for r, reading in both if r["opt_out"] != reading.opt_out] == []
    assert [r["text"] for r, reading in both if r["score"] != reading.score] == []
    assert [r["text"] for r, reading in both if not set(r["labels"]) <= set(reading.intents)] == []


@pytest.mark.parametrize("name", lexicon.FOLDERS)
def test_each_concept_finds_its_examples_and_leaves_its_counter_examples(name: str) -> None:
    words = lexicon.load(name)

    for concept in words.concepts:
        for text in concept.examples:
            asked = next(iter(concept.contexts), None)
            hits = [hit.concept for hit in words.hits(normal_form(text).normal, asked)]
            assert any(c.label == concept.label or c.tier.weight > concept.tier.weight for c in hits), text
        for text in concept.counter:
            assert concept.hits(normal_form(text).normal) == [], text


@pytest.mark.parametrize(
    "word",
    [
        "STOP",
        "quit",
        "End.",
        "REVOKE",
        "opt out",
        "CANCEL",
        "Unsubscribe",
        "stopall",
        "ALTO",
        "parar",
        "no más!",
        "cancelar",
        "BAJA",
    ],
)
def test_a_bare_carrier_word_opts_out(word: str) -> None:
    assert says(word, "appointment_confirm").opt_out


def test_cancel_opts_out_and_asks_a_person_whether_the_visit_was_meant() -> None:
    reading = says("CANCEL", "appointment_confirm")

    assert set(reading.intents) == {"opt_out", "cancel"}
    assert reading.review


@pytest.mark.parametrize(
    "text",
    [
        "stop calling, text is fine",
        "ill stop by later",
        "should i stop taking the antibiotic",
        "dont stop",
        "take me off the waitlist",
    ],
)
def test_words_that_look_like_an_opt_out_are_not_one(text: str) -> None:
    assert not says(text).opt_out


def test_a_tapback_quoting_our_own_text_is_no_emergency() -> None:
    reading = says("Loved “If you have chest pain call 911”")

    assert reading.intents == ("tapback",)
    assert reading.urgency is Urgency.NONE


def test_a_disliked_message_goes_to_a_person() -> None:
    assert says('Disliked "See you at 9"').review


def test_a_score_and_a_danger_sign_are_both_read() -> None:
    reading = says("9 but I have chest pain right now", "survey_0_10")

    assert (reading.score, reading.urgency) == (9, Urgency.EMERGENCY)


@pytest.mark.parametrize(
    ("text", "ref", "start", "label"),
    [
        ("can we do next tues afternoon?", TUESDAY, "2026-12-08T12:00:00", "Tue 12–17"),
        ("next tues", WEDNESDAY, "2026-12-08", "Tue"),
        ("thurs 1130", WEDNESDAY, "2026-12-03T11:30:00", "Thu Dec 3, 11:30 am"),
        ("el martes por la tarde", WEDNESDAY, "2026-12-08T12:00:00", "Tue 12–17"),
        ("mañana a las 3", WEDNESDAY, "2026-12-03T15:00:00", "Thu Dec 3, 3:00 pm"),
        ("the 20th", WEDNESDAY, "2026-12-20", "Sun"),
        ("tmrw @ 3ish", WEDNESDAY, "2026-12-03T15:00:00", "Thu Dec 3, 3:00 pm"),
        ("any morning next week", WEDNESDAY, "2026-12-07", "week of Dec 7 8–12"),
        ("friday after 3", WEDNESDAY, "2026-12-04T15:00:00", "Fri 15–17"),
        ("en dos semanas", WEDNESDAY, "2026-12-16", "Wed"),
    ],
)
def test_times_are_read_as_windows(text: str, ref: datetime, start: str, label: str) -> None:
    when = says(text, "outreach_schedule", ref).when

    assert when is not None
    assert (when.iso(), when.label()) == (start, label)


def test_next_weekday_within_three_days_is_ambiguous() -> None:
    near, far = says("next friday", "outreach_schedule").when, says("next tuesday", "outreach_schedule").when

    assert near is not None
    assert near.ambiguous
    assert far is not None
    assert not far.ambiguous


@pytest.mark.parametrize("text", ["Good morning", "mom died last week", "2", "12", "We will be there at 9:15"])
def test_no_time_is_read_where_none_is_asked(text: str) -> None:
    assert says(text, "appointment_confirm").when is None


@pytest.mark.parametrize(
    ("text", "choice"), [("2", 2), ("2️⃣", 2), ("dos", 2), ("1 but my chest hurts", 1), ("2 weeks ago", None)]
)
def test_a_menu_digit_is_kept_as_the_choice(text: str, choice: int | None) -> None:
    assert says(text).choice == choice


def test_evidence_points_into_the_original_text() -> None:
    text = "  Hola… tengo DOLOR de pechó!! ❤️"

    reading = says(text)

    assert reading.urgency is Urgency.EMERGENCY
    assert all(text[e.start : e.end] == e.text for e in reading.evidence)
    assert "DOLOR de pechó" in {e.text for e in reading.evidence}


def test_words_that_mean_nothing_to_us_go_to_a_person() -> None:
    assert says("purple monkey dishwasher").review


def test_danger_words_at_the_end_of_a_very_long_text_are_found() -> None:
    assert says("bla " * 20_000 + "i cant breathe").urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(
    "unit",
    ["a", "a ", "(", "((x", "chest pain no ", "blood , ", "7-", "cant i ", "Liked “", "no fever or ", "stop ", " "],
)
def test_hostile_text_of_100_kb_takes_linear_time(unit: str) -> None:
    says("warm up")
    half, whole = _cpu(unit * (50_000 // len(unit))), _cpu(unit * (100_000 // len(unit)))
    if whole >= 3 * half + 0.2:  # the machine may have been busy
        whole = min(whole, _cpu(unit * (100_000 // len(unit))))

    assert whole < 3 * half + 0.2
    assert whole < 4


def test_the_same_words_on_another_day_ask_for_another_day() -> None:
    """What the words say is remembered; the day that they name is worked out each time."""
    first, second, again = (
        read("tues at 3 works", context="outreach_schedule", ref=datetime(2026, 12, day, 9)) for day in (1, 9, 1)
    )

    assert first.when
    assert second.when
    assert (first.when.iso(), second.when.iso()) == ("2026-12-08T15:00:00", "2026-12-15T15:00:00")
    assert again == first


def _cpu(text: str) -> float:
    began = time.process_time()
    says(text, "survey_0_10")
    return time.process_time() - began


def test_batch_answers_in_order_and_names_the_bad_line() -> None:
    good = json.dumps({"id": "a", "text": "STOP", "context": None, "ref": "2026-12-01T09:00:00"})

    answers = [json.loads(line) for line in run([good, "{oops", json.dumps({"id": "b", "text": 3}), good])]

    assert [a.get("opt_out") for a in answers] == [True, None, None, True]
    assert answers[1]["error"] == "line 2: not a JSON object"
    assert answers[2]["id"] == "b"


@pytest.mark.parametrize(
    ("text", "objection", "next_step", "promise"),
    [
        (
            "cant make it, my car broke down. ill call you monday to set up another",
            "transport",
            "cancel",
            "patient_calls",
        ),
        ("no tengo quien me lleve", "transport", None, None),
        ("the nurse promised she would mail it", None, None, "we_promised"),
        ("can you resend the link", None, "send_information", None),
        ("STOP", None, "stop", None),
        ("ok", None, None, None),
    ],
)
def test_objection_next_step_and_promise_are_data(
    text: str, objection: str | None, next_step: str | None, promise: str | None
) -> None:
    reading = says(text, "appointment_confirm")

    assert (reading.objection, reading.next_step, reading.promise) == (objection, next_step, promise)


def test_a_line_has_the_fields_of_the_contract() -> None:
    line = to_line("x", says("thurs 1130", "outreach_schedule"))

    assert list(line) == [
        "id",
        "intents",
        "urgency",
        "confidence",
        "review",
        "opt_out",
        "score",
        "when",
        "objection",
        "next_step",
        "evidence",
    ]
    assert line["when"] == "2026-12-03T11:30:00"
