"""How patients say how they want to be reached, in their own words."""

from datetime import UTC, datetime, time

import pytest

from workflows.wishes import Wish, call_due, heard

CALL, TEXT, CHANNEL = "call_hours", "text_hours", "channel"
LAST = time(23, 59)


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("call me after 5", Wish(CALL, time(17), LAST)),
        ("Please call me after 5pm!", Wish(CALL, time(17), LAST)),
        ("do not call before noon", Wish(CALL, time(12), LAST)),
        ("llámeme después de las 5", Wish(CALL, time(17), LAST)),
        ("call me before 10 am", Wish(CALL, time(0), time(10))),
        ("texts only in the morning", Wish(TEXT, time(8), time(12))),
        ("Don't text me before 10", Wish(TEXT, time(10), LAST)),
        ("solo mensajes por la mañana", Wish(TEXT, time(8), time(12))),
        ("text me after 6:30 pm", Wish(TEXT, time(18, 30), LAST)),
        ("email instead", Wish(CHANNEL, channel="email")),
        ("can you e-mail me instead", Wish(CHANNEL, channel="email")),
        ("no me llame, mande correo", Wish(CHANNEL, channel="email")),
        ("please call instead of texting", Wish(CHANNEL, channel="call")),
        ("prefiero llamada", Wish(CHANNEL, channel="call")),
    ],
)
@pytest.mark.req("S38")
def test_a_wish_is_understood(words: str, wish: Wish) -> None:
    assert heard(words) == (wish,)


@pytest.mark.parametrize(
    "words",
    ["call me after 5 on Tuesday", "can we do after 3", "I called before 9 and nobody answered", "I prefer Tuesday afternoon",
     "this is her daughter", "1", "yes", "see you at 5", "call me tomorrow after 5"],
)  # fmt: skip
def test_a_time_for_one_day_or_something_else_is_no_wish(words: str) -> None:
    assert heard(words) == ()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish(CALL, time(17), LAST), "call after 5 pm"),
        (Wish(CALL, time(0), time(10, 30)), "call before 10:30 am"),
        (Wish(TEXT, time(8), time(12)), "texts 8 am to 12 pm"),
        (Wish(CHANNEL, channel="email"), "prefers e-mail"),
    ],
)
def test_staff_read_a_wish_in_words(wish: Wish, words: str) -> None:
    assert wish.words == words


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("2026-11-23T16:00", "2026-11-23T18:00"),
        ("2026-11-23T17:30", "2026-11-23T17:30"),
        ("2026-11-24T09:00", "2026-11-23T18:00"),
    ],
)
def test_a_call_is_due_in_the_hours_asked_for(due: str, expected: str) -> None:
    chicago = "-06:00"
    at = datetime.fromisoformat(f"2026-11-23T12:00{chicago}").astimezone(UTC)

    moved = call_due(Wish(CALL, time(17), LAST), datetime.fromisoformat(due + chicago), "America/Chicago", at=at)

    assert moved == datetime.fromisoformat(expected + chicago)
