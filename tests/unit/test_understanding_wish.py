"""Which time of a reply is wished for, and where none is. Received on Wednesday, December 2, 2026, at 9:00."""

from datetime import datetime

import pytest

from workflows.understanding import read

WEDNESDAY = datetime(2026, 12, 2, 9)


def asked(text: str, ref: datetime = WEDNESDAY, context: str | None = "outreach_schedule") -> str | None:
    when = read(text, context=context, ref=ref).when
    return when.iso().removesuffix(":00") if when else None


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("tuesday no wait wednesday", "2026-12-09"),
        ("at 3 no wait 4 on friday", "2026-12-04T16:00"),
        ("el martes, perdón, el jueves", "2026-12-03"),
        ("not monday, how about tuesday", "2026-12-08"),
        ("thursday is no good. friday?", "2026-12-04"),
        ("I can't do Thursday, how about Friday at 2", "2026-12-04T14:00"),
        ("el jueves no puedo, el viernes si", "2026-12-04"),
        ("can we do monday instead of thursday", "2026-12-07"),
        ("move my thursday appointment to friday", "2026-12-04"),
        ("can you move it from thursday to next monday", "2026-12-07"),
        ("cambiar mi cita del jueves al viernes", "2026-12-04"),
        ("i cant come until friday", "2026-12-04"),
        ("no puedo hasta el lunes", "2026-12-07"),
        ("im at work till 5 thursday, friday is better", "2026-12-04"),
    ],
)
def test_a_time_that_is_ruled_out_or_corrected_gives_way(text: str, start: str) -> None:
    assert asked(text, context="appointment_confirm") == start


@pytest.mark.parametrize(
    "text",
    [
        "anything but friday",
        "cant do mornings",
        "i cant make it thursday",
        "need to reschedule my appointment on thursday",
        "asap",
        "for two hours",
        "my mom passed last monday",
        "i saw him 3 weeks ago",
        "ya fui la semana pasada",
        "it started on tuesday",
        "good evening",
        "buenas tardes",
        "see you thursday at 9",
        "nos vemos el jueves",
        "im 20 weeks pregnant",
        "24/7",
        "my son is 3 years old",
        "what time is my appointment tomorrow",
        "a que hora es mi cita mañana",
        "i may come",
        "he sat with me",
        "room 204",
        "take 2 pills every 4 hours",
        "call 787 555 1234",
        "i have 3 kids",
        "5 of us",
        "the 2nd dose",
        "cant stand up straight, since 4am",
        "can I still come at 2?",
        "Fridays never work for me",
        "los martes nunca puedo",
        "please dont text me at work, evenings are better",
        "since 4am",
        "they want 600 up front",
        "not gonna make it today",
        "wont be able to come tomorrow",
        "el jueves se me complica",
        "trabajo de lunes a viernes",
        "is it thursday or friday?",
        "es el jueves o el viernes?",
        "its at 4410 may st right",
        "he'll be 2 on monday",
        "the pharmacy closes at 6",
        "me operan el lunes",
        "will you be open if it snows thursday",
        "where do i go thursday",
        "looking forward to thursday",
        "gracias, hasta el jueves",
    ],
)
def test_no_time_is_asked_for(text: str) -> None:
    assert asked(text) is None
    assert asked(text, context="appointment_confirm") is None


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("yesterday", "2026-12-01"),
        ("last monday", "2026-11-30"),
        ("3 days ago", "2026-11-29"),
        ("hace dos semanas", "2026-11-18"),
        ("el viernes pasado", "2026-11-27"),
        ("last night", "2026-12-01T17:00"),
        ("last month", "2026-11-01"),
    ],
)
def test_a_time_gone_by_is_told_only_when_it_is_all_that_is_said(text: str, start: str) -> None:
    reading = read(text, context="outreach_schedule", ref=WEDNESDAY)

    assert asked(text) == start
    assert "time_given" not in reading.intents
    assert asked(f"it hurt {text} when I walked") is None


def test_a_step_that_will_be_done_on_a_day_names_that_day() -> None:
    reading = read("havent yet. going friday", context="next_step_check", ref=WEDNESDAY)

    assert (reading.when.iso() if reading.when else None) == "2026-12-04"
    assert {"not_done", "time_given"} <= set(reading.intents)
    assert asked("not yet, been sick, better today", context="next_step_check") is None


def test_the_time_is_read_beside_a_symptom_and_not_from_it() -> None:
    assert asked("tomorrow at 3 works. my knee hurts since monday") == "2026-12-03T15:00"
    assert asked("my knee hurts since monday") is None


@pytest.mark.parametrize(
    "text",
    [
        "ugh tuesday again",
        "who brings the cake on saturday",
        "tacos hoy en casa de mi tia",
        "night x",
        "bus at 9 from the corner",
    ],
)
def test_chat_that_asks_us_nothing_names_no_time(text: str) -> None:
    assert asked(text, context=None) is None


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("friday at 10?", "2026-12-04T10:00"),
        ("how about next tuesday", "2026-12-08"),
        ("can i be seen monday", "2026-12-07"),
    ],
)
def test_a_time_that_is_nearly_all_or_asks_for_a_visit_is_read_unasked(text: str, start: str) -> None:
    assert asked(text, context=None) == start


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("im gone til saturday so next week please", "2026-12-07"),
        ("my boss needs me today, can we do next week", "2026-12-07"),
        ("how about two weeks from monday, nothing before that works", "2026-12-21"),
        ("cant thursday, its my sons recital. friday pm?", "2026-12-04T12:00"),
        ("tom 4:30", "2026-12-03T16:30"),
        ("could you make it 2:15 instead of 9:15 thursday", "2026-12-03T14:15"),
        ("back on the 21st. the 22nd would work", "2026-12-22"),
        ("sunday? no? ok then monday at 11", "2026-12-07T11:00"),
        ("el 14 no que es domingo, el 15", "2026-12-15"),
    ],
)
def test_the_proposal_is_read_and_not_the_reason(text: str, start: str) -> None:
    assert asked(text, context="appointment_confirm") == start


def test_a_long_first_message_is_read_when_it_asks_for_a_visit() -> None:
    wish = "Hi, this is my first time writing here, could I get an appointment for next Thursday in the morning please"
    story = (
        "Hi, this is my first time writing here, my sister and I will be at her place next Thursday in the morning ok"
    )

    assert asked(wish, context=None) == "2026-12-03T08:00"
    assert asked(story, context=None) is None
