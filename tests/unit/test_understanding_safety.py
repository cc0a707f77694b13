"""What must hold for every message with a danger sign in it, however it is typed and whatever stands around it."""

import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.databases import ROOT
from tests.unit.test_understanding_replies import says
from workflows.understanding import Urgency, lexicon, read
from workflows.understanding.lexicon import load
from workflows.understanding.vitals import found

DANGER = [
    ("i cant breathe", Urgency.EMERGENCY),
    ("my chest hurts", Urgency.EMERGENCY),
    ("he wont wake up", Urgency.EMERGENCY),
    ("i want to die", Urgency.EMERGENCY),
    ("no puedo respirar", Urgency.EMERGENCY),
    ("ya no quiero vivir", Urgency.EMERGENCY),
    ("mi papá no reacciona", Urgency.EMERGENCY),
    ("tengo chest pain bien fuerte", Urgency.EMERGENCY),
    ("my incision is red and leaking pus", Urgency.URGENT),
    ("i cant keep anything down", Urgency.URGENT),
    ("me mordió un perro", Urgency.URGENT),
    ("orino con sangre", Urgency.URGENT),
]
NOISE = [
    "Hi.",
    "ok thanks.",
    "see you tuesday!",
    "Buenos días.",
    "sorry for the late reply.",
    "👍",
    "...",
    "Yes.",
    "1.",
]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(DANGER), st.lists(st.sampled_from(NOISE), max_size=3), st.lists(st.sampled_from(NOISE), max_size=3)
)
def test_harmless_sentences_around_it_do_not_lower_the_urgency(
    sign: tuple[str, Urgency], before: list[str], after: list[str]
) -> None:
    text = " ".join([*before, sign[0] + ".", *after])

    assert says(text).urgency.weight >= sign[1].weight


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(DANGER),
    st.sampled_from([str.upper, str.lower, str.title, str.capitalize]),
    st.sampled_from(["", "!!!", "…", " 😭😭", "??", " 🙏", "\n"]),
)
def test_case_emoji_and_marks_do_not_lower_the_urgency(sign: tuple[str, Urgency], case: object, end: str) -> None:
    assert says(case(sign[0]) + end).urgency.weight >= sign[1].weight  # type: ignore[operator]  # one of four str methods


@pytest.mark.parametrize(
    "text",
    [
        "had surgery monday. now i have a fever",
        "i have a fever. i had surgery monday",
        "me operaron el viernes. hoy tengo calentura",
    ],
)
def test_signs_that_are_urgent_together_may_stand_apart(text: str) -> None:
    assert says(text).urgency is Urgency.URGENT


@pytest.mark.parametrize("text", ["now i have a fever", "had surgery monday", "had surgery monday. no fever"])
def test_one_of_them_alone_is_not_urgent(text: str) -> None:
    assert says(text).urgency.weight < Urgency.URGENT.weight


def test_words_in_company_count_only_with_their_company() -> None:
    row = {"concept": "x", "en": "fever", "with": "surgery\nchemo"}
    (concept,) = lexicon.concepts("clinical", {"concepts": [row]})

    assert concept.hits("chemo was tuesday . a fever today") == [(22, 27)]
    assert concept.hits("a fever today") == []


@pytest.mark.parametrize(
    ("text", "rule", "tier"),
    [
        ("his oxygen thing says 79", "vital.oxygen", Urgency.EMERGENCY),
        ("o2 is 91", "vital.oxygen", Urgency.URGENT),
        ("glucometer flashed 51", "vital.glucose", Urgency.URGENT),
        ("sugar is 32", "vital.glucose", Urgency.EMERGENCY),
        ("pulse is 148 just laying here", "vital.pulse", Urgency.URGENT),
        ("bp is 201 over 115", "vital.blood_pressure", Urgency.URGENT),
        ("bp 80/50 and dizzy", "vital.low_pressure", Urgency.URGENT),
        ("top number was 78", "vital.low_pressure", Urgency.URGENT),
        ("fever of 101", "vital.temperature", Urgency.URGENT),
        ("newborn with a fever of 101", "vital.temperature", Urgency.EMERGENCY),
    ],
)
def test_home_readings_have_their_tier(text: str, rule: str, tier: Urgency) -> None:
    assert [(v[0], v[1]) for v in found(text, None)] == [(rule, tier)]


@pytest.mark.parametrize(
    "text",
    [
        "temp 98.6, sugar 102",
        "oxygen 97",
        "bp 118/76",
        "a1c is 11",
        "insulin 20 units",
        "call if the temp is 101",
        "sugar this morning was 102 , no fever",
        "no fever . sugars 101 , 103 , 108",
        "weight 101.4 lb , temp is fine",
        "heart rate 101 , no fever",
        "room 102 for the temperature check",
        "paid $ 102 for the thermometer",
        "it is 103 degrees out here",
        "estamos a 40 grados aqui",
        "temperature of the room 102",
        "heart doctor in suite 150",
        "o2 delivery at 80 elm",
        "parking meter 35 cents",
    ],
)
def test_ordinary_readings_are_left_alone(text: str) -> None:
    assert found(text, None) == []


@pytest.mark.parametrize(
    "text",
    [
        "that bill gave me a heart attack lol",
        "im dying laughing",
        "this wait is killing me",
        "I work in the ER so nights only",
        "no chest pain no shortness of breath feeling fine",
        "had a heart attack back in 2012",
        "dont want to be a burden but can you call",
        "me muero de risa",
        "family emergency, need to cancel",
    ],
)
def test_idioms_history_and_denials_are_no_emergency(text: str) -> None:
    assert says(text).urgency is not Urgency.EMERGENCY


def test_no_clinical_line_is_tried_on_every_text() -> None:
    assert load("clinical").unanchored == []


def test_no_development_message_of_danger_reaches_nobody() -> None:
    """Whoever trains the second opinion again or adds a guard: what a nurse called urgent stays in front of a person."""
    rows = [
        json.loads(line)
        for path in sorted((ROOT / "tests" / "data" / "replies").glob("dev_*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    danger = [row for row in rows if row.get("urgency") in ("emergency", "urgent")]
    readings = {
        row["id"]: read(row["text"], context=row["context"], ref=datetime.fromisoformat(row["ref"])) for row in danger
    }

    lost = [name for name, r in readings.items() if r.urgency.weight < Urgency.CLINICAL.weight and not r.review]
    assert (lost, len(danger) > 800) == ([], True)


@pytest.mark.parametrize(
    ("text", "context", "least"),
    [
        ("they say do it to him tonight. the voices. im holding the knife", None, Urgency.EMERGENCY),
        ("the voices keep telling me to do it to her tomorrow", "appointment_confirm", Urgency.EMERGENCY),
        ("theyd all do better w/out me. life insurance pays out anyway", "symptom_checkin", Urgency.EMERGENCY),
        ("i dont wanna die or nothing i just dont see it ever getting any better", "symptom_checkin", Urgency.URGENT),
        ("last time he threw me down the porch for seeing a doctor", "survey_0_10", Urgency.URGENT),
        ("he shoved me into the wall again", None, Urgency.URGENT),
    ],
)
def test_danger_said_by_the_way_is_not_read_as_a_time_a_bill_or_a_comment(
    text: str, context: str | None, least: Urgency
) -> None:
    reading = says(text, context)
    assert reading.urgency.weight >= least.weight
    assert reading.when is None


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("temp was 101.5 this morning", "urgent"),
        ("it was 103 at 2am", "urgent"),
        ("my surgery was monday and now i have 101.3", "urgent"),
        ("chemo was tuesday and hes running 100.9", "urgent"),
        ("la temperatura era 39 anoche", "urgent"),
        ("was 101 yesterday but 98.6 today", "none"),
    ],
)
def test_a_fever_of_today_is_one_in_the_past_tense_too(text: str, urgency: str) -> None:
    assert says(text, "symptom_checkin").urgency.value == urgency


@pytest.mark.parametrize(
    "text",
    [
        "the cancer came back, keep my appointment",
        "yes, they found cancer",
        "see you then, diagnosed with lupus last week",
    ],
)
def test_news_of_an_illness_beside_a_confirmed_visit_reaches_the_clinical_team(text: str) -> None:
    reading = says(text, "appointment_confirm")

    assert "confirm" in reading.intents
    assert reading.urgency is Urgency.CLINICAL


def test_news_of_an_illness_beside_doing_well_reaches_the_clinical_team() -> None:
    assert says("feeling good, diagnosed with diabetes yesterday", "symptom_checkin").urgency is Urgency.CLINICAL
