"""Who it is, how to reach them and dates stay here; what decides urgency goes."""

import time

import pytest

from workflows.redaction import redact

NAMES = ["Rosa María", "Delgado-O'Neil"]


@pytest.mark.parametrize(
    ("text", "left", "counts"),
    [
        ("Rosa here, my incision is leaking", "[name] here, my incision is leaking", {"name": 1}),
        ("soy la señora DELGADO, rosa maria", "soy la señora [name], [name] [name]", {"name": 3}),
        ("it is delgado-oneil", "it is [name]-[name]", {"name": 2}),
        ("This is Jane Roe, call me", "This is [name], call me", {"name": 1}),
        ("Dr. Okafor said wait", "[name] said wait", {"name": 1}),
        ("call 312-555-0101 or (312) 555 0101", "call [number] or [number]", {"number": 2}),
        ("mrn 00123456 ssn 123-45-6789", "mrn [number] ssn [number]", {"number": 2}),
        ("write ana.b+c@example.co.uk", "write [email]", {"email": 1}),
        ("see https://x.example/a?b=1 now", "see [link] now", {"link": 1}),
        ("born 4/12/1961, surgery March 3rd", "born [date], surgery [date]", {"date": 2}),
        ("cita el 3 de marzo de 2026 o 12/3", "cita el [date] o [date]", {"date": 2}),
        ("since 2026-11-02", "since [date]", {"date": 1}),
    ],
)  # fmt: skip
def test_what_could_say_who_it_is_is_taken_out_and_counted(text: str, left: str, counts: dict[str, int]) -> None:
    found = redact(text, names=NAMES)

    assert (found.text, found.counts) == (left, counts)


@pytest.mark.parametrize(
    "text",
    [
        "temp 102.4",
        "bp 180/110",
        "pain is 9/10",
        "took 500 mg x 2",
        "this is bad",
        "I have been dizzy since 9:30",
        "sugar 45",
    ],
)
def test_what_decides_urgency_stays(text: str) -> None:
    assert redact(text, names=NAMES).text == text


def test_a_mark_is_not_taken_for_a_name() -> None:
    assert redact("date Date 1/2/2026", names=["Date"]).text == "[name] [name] [date]"


@pytest.mark.parametrize(
    "text", ["1 " * 25_000, "a@" * 25_000, "March " * 10_000, "(" * 50_000, "Dr. A" * 10_000, "1/" * 25_000]
)
def test_hostile_text_takes_no_longer(text: str) -> None:
    begun = time.monotonic()

    redact(text, names=NAMES)

    assert time.monotonic() - begun < 1
