"""The time grammar: what a reply's words for a day or an hour come to. Received on Wednesday, December 2, 2026, at 9:00."""

import time
from datetime import datetime

import pytest

from workflows.understanding import read
from workflows.understanding.normalise import normal_form
from workflows.understanding.readings import When
from workflows.understanding.when import window

WEDNESDAY = datetime(2026, 12, 2, 9)


def asked(text: str, ref: datetime = WEDNESDAY, context: str | None = "outreach_schedule") -> str | None:
    when = read(text, context=context, ref=ref).when
    return when.iso().removesuffix(":00") if when else None


def span(text: str, ref: datetime = WEDNESDAY, *, spanish: bool = False) -> When:
    when = window(normal_form(text).normal, ref, spanish=spanish)
    assert when is not None
    return when


@pytest.mark.parametrize(
    ("text", "start"),
    [
        # weekdays, as people spell them
        ("monday", "2026-12-07"),
        ("Mon works", "2026-12-07"),
        ("weds is best", "2026-12-09"),
        ("wensday pls", "2026-12-09"),
        ("thur", "2026-12-03"),
        ("thurs or fri", "2026-12-03"),
        ("any day but friday, maybe monday", "2026-12-07"),
        ("this friday", "2026-12-04"),
        ("this coming saturday", "2026-12-05"),
        ("next tuesday please", "2026-12-08"),
        ("friday of next week", "2026-12-11"),
        ("tuesday next week", "2026-12-08"),
        ("next week thursday", "2026-12-10"),
        ("a week from friday", "2026-12-11"),
        ("two weeks from monday", "2026-12-21"),
        ("monday the 14th", "2026-12-14"),
        ("Tues 12/8", "2026-12-08"),
        ("first monday of january", "2027-01-04"),
        ("last friday of the month", "2026-12-25"),
        ("the 2nd tuesday in march", "2027-03-09"),
        # near days
        ("today", "2026-12-02"),
        ("tmrw", "2026-12-03"),
        ("2moro works for me", "2026-12-03"),
        ("the day after tomorrow", "2026-12-04"),
        ("in 3 days", "2026-12-05"),
        ("in a couple of days", "2026-12-04"),
        ("2 weeks from now", "2026-12-16"),
        ("in a fortnight", "2026-12-16"),
        ("call me in a month", "2027-01-02"),
        ("in six months", "2027-06-02"),
        ("check back in 90 days", "2027-03-02"),
        # slips and short forms
        ("tmmrw", "2026-12-03"),
        ("thrs", "2026-12-03"),
        ("nxt wk", "2026-12-07"),
        ("any wknd", "2026-12-05"),
        ("in 2 mos", "2027-02-02"),
        ("mon/tue", "2026-12-07"),
        # dates
        ("12/15", "2026-12-15"),
        ("12/15/26", "2026-12-15"),
        ("1/5 works", "2027-01-05"),
        ("2026-12-12", "2026-12-12"),
        ("march 3rd", "2027-03-03"),
        ("the 3rd of march", "2027-03-03"),
        ("dec 17th would be great", "2026-12-17"),
        ("Jan. 8", "2027-01-08"),
        ("Thursday, December 10th", "2026-12-10"),
        ("how about the 20th", "2026-12-20"),
        ("the twenty first works", "2026-12-21"),
        ("the 1st", "2027-01-01"),
        ("the 5th of next month", "2027-01-05"),
        # stretches
        ("next week", "2026-12-07"),
        ("sometime next week", "2026-12-07"),
        ("week after next", "2026-12-14"),
        ("the week of the 14th", "2026-12-14"),
        ("early next week", "2026-12-07"),
        ("end of next week", "2026-12-11"),
        ("this weekend", "2026-12-05"),
        ("any weekend", "2026-12-05"),
        ("next month", "2027-01-01"),
        ("in february", "2027-02-01"),
        ("not until march", "2027-03-01"),
        ("beginning of january", "2027-01-01"),
        ("end of the month", "2026-12-31"),
        ("mid january", "2027-01-15"),
        ("next year", "2027-01-01"),
        ("in the spring", "2027-03-21"),
        # holidays
        ("after christmas", "2026-12-26"),
        ("the day after christmas", "2026-12-26"),
        ("new years eve", "2026-12-31"),
        ("on mlk day", "2027-01-18"),
        ("the week after easter", "2027-03-29"),
        ("memorial day", "2027-05-31"),
        ("july 4th", "2027-07-04"),
        ("labor day", "2027-09-06"),
        ("thanksgiving", "2027-11-25"),
        ("mothers day", "2027-05-09"),
        # counted from a day, or after one
        ("three fridays from now", "2026-12-18"),
        ("a week on monday", "2026-12-14"),
        ("tomorrow week", "2026-12-10"),
        ("week before christmas", "2026-12-14"),
        ("a thursday in january", "2027-01-07"),
        ("in 3 weeks on a tuesday", "2026-12-22"),
        ("next month on the 9th", "2027-01-09"),
        ("on or after the 20th", "2026-12-20"),
        ("not this week. next", "2026-12-07"),
        ("the 22nd ill take it", "2026-12-22"),
    ],
)
def test_english_days(text: str, start: str) -> None:
    assert asked(text) == start


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("tomorrow at 3", "2026-12-03T15:00"),
        ("tmrw @ 3ish", "2026-12-03T15:00"),
        ("thurs 1130", "2026-12-03T11:30"),
        ("friday 2pm", "2026-12-04T14:00"),
        ("fri 10", "2026-12-04T10:00"),
        ("9a on monday", "2026-12-07T09:00"),
        ("monday at 9:15", "2026-12-07T09:15"),
        ("half past two on tuesday", "2026-12-08T14:30"),
        ("quarter to 5 tomorrow", "2026-12-03T16:45"),
        ("a quarter past 10 on friday", "2026-12-04T10:15"),
        ("noon tomorrow", "2026-12-03T12:00"),
        ("lunchtime friday", "2026-12-04T12:00"),
        ("friday 7 in the morning", "2026-12-04T07:00"),
        ("seven thirty pm thursday", "2026-12-03T19:30"),
        ("2-4pm friday", "2026-12-04T14:00"),
        ("friday 2-4", "2026-12-04T14:00"),
        ("between 9 and 11 tomorrow", "2026-12-03T09:00"),
        ("monday 11-1", "2026-12-07T11:00"),
        ("tuesday before 10", "2026-12-08T08:00"),
        ("after 3 on friday", "2026-12-04T15:00"),
        ("anytime after 1 thursday", "2026-12-03T13:00"),
        ("wednesday 4 or later", "2026-12-09T16:00"),
        ("friday after work", "2026-12-04T17:00"),
        ("tomorrow first thing", "2026-12-03T08:00"),
        ("early tomorrow", "2026-12-03T08:00"),
        ("end of day friday", "2026-12-04T17:00"),
        ("monday morning", "2026-12-07T08:00"),
        ("afternoons, friday", "2026-12-04T12:00"),
        ("friday pm", "2026-12-04T12:00"),
        ("tonight", "2026-12-02T17:00"),
        ("this afternoon", "2026-12-02T12:00"),
        ("tomorrow evening", "2026-12-03T17:00"),
        ("dec 10 at 2:30 pm", "2026-12-10T14:30"),
        ("10:00 on the 9th", "2026-12-09T10:00"),
        ("next friday at 15:45", "2026-12-04T15:45"),
        ("fri aft", "2026-12-04T12:00"),
        ("monday 3-ish", "2026-12-07T15:00"),
        ("10 thru 2 monday", "2026-12-07T10:00"),
        ("before work monday", "2026-12-07T08:00"),
        ("11 at night", "2026-12-02T23:00"),
        ("not before 10 on tuesday", "2026-12-08T10:00"),
        ("im busy until 3 on friday", "2026-12-04T15:00"),
        ("move it to 10", "2026-12-02T10:00"),
        ("in an hour", "2026-12-02T10:00"),
        ("in 30 minutes", "2026-12-02T09:30"),
        ("in half an hour", "2026-12-02T09:30"),
        ("at 4", "2026-12-02T16:00"),
        ("at 8", "2026-12-03T08:00"),
        ("mornings", "2026-12-03T08:00"),
        ("next week in the afternoon", "2026-12-07"),
        ("half past noon on friday", "2026-12-04T12:30"),
        ("monday after school like 330", "2026-12-07T15:30"),
        ("tomorrows fine, i drop the kids so 9", "2026-12-03T09:00"),
        ("the early one on monday, 7 or 7:30", "2026-12-07T07:00"),
        ("friday between noon and 2", "2026-12-04T12:00"),
    ],
)
def test_english_hours(text: str, start: str) -> None:
    assert asked(text) == start


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("el lunes", "2026-12-07"),
        ("mie", "2026-12-09"),
        ("el juevez", "2026-12-03"),
        ("savado esta bien", "2026-12-05"),
        ("el lunes que viene", "2026-12-07"),
        ("el proximo martes", "2026-12-08"),
        ("este viernes", "2026-12-04"),
        ("el viernes de la próxima semana", "2026-12-11"),
        ("el lunes de la otra semana", "2026-12-07"),
        ("lunes o martes", "2026-12-07"),
        ("hoy", "2026-12-02"),
        ("mañana", "2026-12-03"),
        ("pasado mañana", "2026-12-04"),
        ("dentro de 3 dias", "2026-12-05"),
        ("de hoy en ocho", "2026-12-09"),
        ("en dos semanas", "2026-12-16"),
        ("en un mes", "2027-01-02"),
        ("la semana que viene", "2026-12-07"),
        ("la semana entrante", "2026-12-07"),
        ("el mes que viene", "2027-01-01"),
        ("el próximo mes", "2027-01-01"),
        ("en enero", "2027-01-01"),
        ("a mediados de enero", "2027-01-15"),
        ("a fines de mes", "2026-12-31"),
        ("a principios de febrero", "2027-02-01"),
        ("este fin de semana", "2026-12-05"),
        ("el 20", "2026-12-20"),
        ("el dia 15", "2026-12-15"),
        ("el 3 de marzo", "2027-03-03"),
        ("3 de marzo de 2027", "2027-03-03"),
        ("el primero de febrero", "2027-02-01"),
        ("el jueves 10", "2026-12-10"),
        ("para el 15/12", "2026-12-15"),
        ("despues de navidad", "2026-12-26"),
        ("en semana santa", "2027-03-21"),
        ("el primer lunes de enero", "2027-01-04"),
        ("en primavera", "2027-03-21"),
        ("mañana a las 3", "2026-12-03T15:00"),
        ("el viernes a las tres y media", "2026-12-04T15:30"),
        ("el lunes a las tres menos cuarto", "2026-12-07T14:45"),
        ("jueves a la una", "2026-12-03T13:00"),
        ("el martes por la tarde", "2026-12-08T12:00"),
        ("mañana por la mañana", "2026-12-03T08:00"),
        ("lunes en la mañanita", "2026-12-07T08:00"),
        ("viernes al mediodia", "2026-12-04T12:00"),
        ("el viernes después de las 4", "2026-12-04T16:00"),
        ("antes de las 10 el lunes", "2026-12-07T08:00"),
        ("entre las 9 y las 11 el lunes", "2026-12-07T09:00"),
        ("lunes de 2 a 4", "2026-12-07T14:00"),
        ("el jueves 10 a las 8 de la mañana", "2026-12-10T08:00"),
        ("el martes a las 6 de la tarde", "2026-12-08T18:00"),
        ("esta tarde", "2026-12-02T12:00"),
        ("esta noche", "2026-12-02T17:00"),
        ("mañana temprano", "2026-12-03T08:00"),
        ("el lunes a primera hora", "2026-12-07T08:00"),
        ("en una hora", "2026-12-02T10:00"),
        ("mejor el lunes, el martes no puedo", "2026-12-07"),
        ("a partir del 20", "2026-12-20"),
        ("del 15 en adelante", "2026-12-15"),
        ("por ahi del 22", "2026-12-22"),
        ("mañana en la tardecita", "2026-12-03T12:00"),
        ("el juebes alas 3", "2026-12-03T15:00"),
        # both languages in one message
        ("puedo el next monday at 10", "2026-12-07T10:00"),
        ("friday en la tarde", "2026-12-04T12:00"),
        ("mañana after 3", "2026-12-03T15:00"),
        ("el monday por la morning", "2026-12-07T08:00"),
    ],
)
def test_spanish_and_mixed(text: str, start: str) -> None:
    assert asked(text) == start


@pytest.mark.parametrize(
    ("text", "ref", "start"),
    [
        ("in a year", datetime(2028, 2, 29, 9), "2029-02-28"),
        ("feb 29", datetime(2026, 12, 2, 9), "2028-02-29"),
        ("in a month", datetime(2027, 1, 31, 9), "2027-02-28"),
        ("tomorrow", datetime(2028, 2, 28, 9), "2028-02-29"),
        ("tomorrow", datetime(2026, 12, 31, 9), "2027-01-01"),
        ("next month", datetime(2026, 12, 31, 9), "2027-01-01"),
        ("friday", datetime(2026, 12, 31, 9), "2027-01-01"),
        ("the 31st", datetime(2027, 2, 10, 9), "2027-03-31"),
        ("jan 2", datetime(2026, 12, 30, 9), "2027-01-02"),
        (
            "tomorrow at 2am",
            datetime(2027, 3, 13, 9),
            "2027-03-14T02:00",
        ),  # an hour that the clocks skip; the desk reads it
        ("sunday at 1:30 am", datetime(2026, 10, 30, 9), "2026-11-01T01:30"),
    ],
)
def test_leap_days_year_ends_and_clock_changes(text: str, ref: datetime, start: str) -> None:
    assert asked(text, ref) == start


def test_a_range_of_days_or_hours_is_one_window() -> None:
    days, hours = span("monday through wednesday"), span("friday 2-4pm")

    assert (days.start, days.end) == (datetime(2026, 12, 7), datetime(2026, 12, 10))
    assert (hours.start, hours.end, hours.grain) == (datetime(2026, 12, 4, 14), datetime(2026, 12, 4, 16), "part")


@pytest.mark.parametrize("text", ["monday or tuesday", "friday at 3 or 4", "next friday", "in a few days", "mid march"])
def test_a_time_of_two_meanings_is_marked(text: str) -> None:
    assert span(text).ambiguous


def test_the_language_decides_the_order_of_day_and_month() -> None:
    english, spanish = span("3/12"), span("3/12", spanish=True)

    assert (english.start, english.ambiguous) == (datetime(2027, 3, 12), False)
    assert (spanish.start, spanish.ambiguous) == (datetime(2026, 12, 3), True)


@pytest.mark.parametrize(
    ("text", "grain"),
    [("at 4:15", "minute"), ("after 4", "part"), ("monday", "day"), ("next week", "week"), ("in april", "month")],
)
def test_each_time_has_its_grain(text: str, grain: str) -> None:
    assert span(text).grain == grain


@pytest.mark.parametrize("unit", ["7-", "monday ", "at 3 ", "in 2 days and ", "between 3 and ", "not the ", "3/12 or "])
def test_hostile_text_is_read_in_linear_time(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    window("warm up on monday at 3", WEDNESDAY)
    began = time.process_time()

    window(text, WEDNESDAY)

    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("monday to wednesday", "Dec 7–Dec 9"),
        ("in the spring", "Mar–Jun"),
        ("next quarter", "Jan–Mar"),
        ("in april", "Apr"),
        ("friday 2-4pm", "Fri 14–16"),
    ],
)
def test_staff_read_a_long_window_with_both_its_ends(text: str, label: str) -> None:
    assert span(text).label() == label
