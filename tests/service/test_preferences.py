"""How patients want to be reached: said by text or told to staff, kept, and held to."""

from datetime import UTC, datetime, time, timedelta

import pytest

from storage import numbers
from storage.outbox import Lane
from tests.factories import MONDAY_NOON
from tests.service.desk import PHONE, Desk
from workflows import preferences
from workflows.wishes import Wish, Wishes

FIVE_PM = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # in Chicago


@pytest.mark.req("S38", by="workflows.preferences:keep")
def test_call_me_after_five_opens_a_call_that_is_due_then_and_says_so(desk: Desk) -> None:
    desk.enrolled()
    desk.claim()

    desk.text("please call me after 5")

    (case,) = desk.cases()
    assert (case.kind, case.asked) == ("call_back", "call after 5 pm")
    assert FIVE_PM <= case.due_at <= FIVE_PM + timedelta(hours=1)


@pytest.mark.req("S38", by="workflows.cases:due")
def test_the_wish_outlives_the_case_and_times_the_next_call(desk: Desk) -> None:
    patient = desk.patient()
    with desk.begin() as session:
        preferences.keep(session, patient, [Wish("call_hours", opens=time(17), closes=time(23, 59))], source="staff")
    desk.missed(patient)
    desk.at(MONDAY_NOON + timedelta(hours=1))

    desk.claim()
    desk.text("2")

    assert [case.asked for case in desk.cases()] == ["call after 5 pm"]
    assert desk.cases()[0].due_at >= FIVE_PM


@pytest.mark.req("S38", by="workflows.gate:ask")
def test_who_asked_for_e_mail_is_not_texted_a_person_takes_the_touch(desk: Desk) -> None:
    patient = desk.patient()
    desk.text("email instead please")
    desk.missed(patient)

    assert [item.body for item in desk.claim(Lane.REPLIES)] == [
        "Lakeside Clinic: thank you. We noted how you want to hear from us."
    ]
    assert desk.claim() == []
    assert "blocked preference.channel" in desk.rules()
    assert [(case.kind, case.asked) for case in desk.cases()] == [("call_task", "prefers e-mail")]


@pytest.mark.req("S38", by="workflows.sending_rules:hours")
def test_texts_only_in_the_morning_wait_for_the_morning(desk: Desk) -> None:
    patient = desk.patient()
    desk.text("texts only in the morning")
    desk.missed(patient)

    assert desk.claim() == []
    assert desk.states()[-1] == ("held", "window.patient")
    assert desk.held_until(1) == MONDAY_NOON + timedelta(hours=21)


def test_a_newer_wish_of_a_kind_replaces_the_older(desk: Desk) -> None:
    patient = desk.patient()
    for opens in (time(15), time(17)):
        with desk.begin() as session:
            preferences.keep(session, patient, [Wish("call_hours", opens=opens)], source="staff")

    with desk.begin() as session:
        assert preferences.of(session, patient) == Wishes(call_hours=Wish("call_hours", opens=time(17)))
        assert numbers.find(session, PHONE) is not None
