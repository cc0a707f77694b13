from datetime import UTC, datetime

import pytest

from core.errors import Misconfigured
from workflows.programs.text_checks import check_text, languages, worst_case
from workflows.segments import count
from workflows.texts import Untranslated, fill, organisation_texts, say, unapproved, when_label

EVERY = [(key, language) for key in organisation_texts() for language in languages()]


@pytest.mark.parametrize(("key", "language"), EVERY)
@pytest.mark.req("K4")
def test_every_organisation_text_fits_one_segment_and_keeps_the_rules(key: str, language: str) -> None:
    text = organisation_texts()[key].variants[language]

    problems = check_text(text, language)

    assert problems == []
    assert "{clinic}" in text
    assert count(worst_case(text, language)).segments == 1


@pytest.mark.parametrize(
    ("language", "elements"),
    [
        ("en", ["Lakeside Clinic", "your visits", "3 a week", "Msg&data rates", "HELP", "STOP", "not private"]),
        ("es", ["Lakeside Clinic", "sus citas", "3 por semana", "tarifas", "AYUDA", "STOP", "no son privados"]),
    ],
)
@pytest.mark.req("K1")
def test_the_intro_has_the_six_elements_and_the_privacy_line(language: str, elements: list[str]) -> None:
    intro = say("intro", language, clinic="Lakeside Clinic")

    assert [element for element in elements if element not in intro] == []


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.req("C1")
def test_the_safety_text_names_both_numbers(language: str) -> None:
    text = say("emergency", language, clinic="Lakeside Clinic")

    assert "911" in text
    assert "988" in text


@pytest.mark.req("P8")
def test_no_text_falls_back_to_english() -> None:
    with pytest.raises(Untranslated) as refused:
        say("booked", "vi", clinic="Lakeside Clinic", when="x")

    assert (refused.value.key, refused.value.language) == ("booked", "vi")


def test_a_regional_language_reads_its_language() -> None:
    assert say("thanks", "es-MX", clinic="A") == say("thanks", "es", clinic="A")


def test_an_unknown_text_and_a_missing_value_are_named() -> None:
    with pytest.raises(Misconfigured, match="no text 'nonsense'"):
        say("nonsense", "en")
    with pytest.raises(Misconfigured, match=r"\{clinic\}, \{when\}"):
        say("booked", "en")


def test_values_are_put_in_as_they_are_and_straightened() -> None:
    assert fill("{clinic}: {when}", clinic="Anna’s {place}", when="3–4") == "Anna's {place}: 3-4"


@pytest.mark.parametrize(
    ("start", "language", "label"),
    [
        (datetime(2026, 12, 8, 21, 0, tzinfo=UTC), "en", "Tue Dec 8, 3:00 pm"),
        (datetime(2026, 12, 8, 21, 0, tzinfo=UTC), "es", "mar 8 dic, 3:00 pm"),
        (datetime(2026, 12, 9, 6, 5, tzinfo=UTC), "en", "Wed Dec 9, 12:05 am"),
        (datetime(2026, 7, 1, 17, 30, tzinfo=UTC), "es", "mié 1 jul, 12:30 pm"),
        (datetime(2026, 12, 12, 15, 0, tzinfo=UTC), "es", "sab 12 dic, 9:00 am"),
    ],
)
def test_a_visit_s_time_reads_in_the_patient_s_words_and_zone(start: datetime, language: str, label: str) -> None:
    assert when_label(start, "America/Chicago", language) == label


def test_a_time_is_not_told_in_a_language_nobody_approved() -> None:
    with pytest.raises(Untranslated):
        when_label(datetime(2026, 12, 8, tzinfo=UTC), "America/Chicago", "vi")


def test_drafts_that_nobody_approved_are_listed() -> None:
    drafts = [key for key, text in organisation_texts().items() if text.approved_by is None]

    assert list(unapproved()) == drafts
