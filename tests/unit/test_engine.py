from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Misconfigured
from workflows import engine, moments
from workflows.effects import Effect
from workflows.engine import (
    NEW,
    Ask,
    CancelPending,
    End,
    Enter,
    Event,
    EventKind,
    Facts,
    Leave,
    OpenCase,
    Pause,
    Unmatched,
)
from workflows.programs import built_in
from workflows.programs.model import Moment, Program, parse
from workflows.windows import Where, check, next_business_open, next_day_open

CHICAGO = ZoneInfo("America/Chicago")
HERE = Where(None, "60601", "IL", "America/Chicago", "+13125550100")
NO_SHOW, REMINDER = built_in()["no_show"], built_in()["reminder"]
STARTED, TIMER = Event(EventKind.STARTED), Event(EventKind.TIMER)

Kind = TypeVar("Kind", bound=Effect)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO).astimezone(UTC)


NOON = at("2026-12-01T14:10")


def facts(appointment_at: datetime | None = None) -> Facts:
    return Facts(
        appointment_at,
        lambda after, days: next_day_open(HERE, after, days),
        lambda after, days: next_business_open(HERE, after, days),
    )


class Run:
    """An enrollment played by hand: keeps state, wake time and everything that was asked for."""

    def __init__(
        self, program: Program = NO_SHOW, *, now: datetime = NOON, appointment_at: datetime | None = None
    ) -> None:
        self.program, self.now, self.facts = program, now, facts(appointment_at)
        self.state = NEW
        self.wake_at: datetime | None = None
        self.effects: list[Effect] = []
        self.last: tuple[Effect, ...] = ()
        self.came_back = 0
        self.feed(STARTED)

    def feed(self, event: Event, *, now: datetime | None = None) -> "Run":
        self.now = now or self.now
        result = engine.step(self.program, self.state, event, now=self.now, facts=self.facts)
        self.came_back += max(0, self.state.touches - result.state.touches)
        self.state, self.wake_at, self.last = result.state, result.wake_at, result.effects
        self.effects += result.effects
        if any(isinstance(effect, Ask) for effect in result.effects):
            self.facts = replace(self.facts, delivered_at=self.now)  # it arrives at once, unless a test says otherwise
        return self

    def silence(self) -> "Run":
        return self.feed(TIMER, now=self.wake_at)

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [effect for effect in self.effects if isinstance(effect, kind)]


def reply(*intents: str, choice: int | None = None) -> Event:
    return Event(EventKind.REPLY, intents=intents, choice=choice)


def test_the_first_text_is_asked_at_once_and_silence_is_due_two_calendar_days_later_at_the_opening() -> None:
    run = Run()

    assert run.last == (Enter("first"), Ask("first", "first", 1, "outreach_schedule"))
    assert (run.state.status, run.state.touches) == ("waiting", 1)
    assert run.wake_at == at("2026-12-03T09:00")


@pytest.mark.req("S25")
def test_silence_after_three_touches_becomes_a_call_task() -> None:
    run = Run().silence().silence().silence()

    assert [ask.text for ask in run.of(Ask)] == ["first", "second", "third"]
    assert run.of(OpenCase) == [OpenCase("call_task", "patient_access", "normal", "1 business day", "call_task")]
    assert (run.state.status, run.wake_at, run.state.routing) == ("waiting", None, "escalated")


def test_a_doorbell_that_rings_early_changes_nothing() -> None:
    run = Run()
    before, due = run.state, run.wake_at
    assert due is not None

    run.feed(TIMER, now=due - timedelta(seconds=1))

    assert (run.state, run.last, run.wake_at) == (before, (), due)


@pytest.mark.req("S21")
def test_a_request_for_a_new_time_goes_to_the_access_team_and_no_text_follows() -> None:
    run = Run().feed(reply("question", "time_given"))

    assert run.last == (
        CancelPending(),
        Leave("first", "reply.time_given"),
        Enter("reschedule"),
        OpenCase("reschedule", "patient_access", "normal", "4 business hours", "reschedule"),
    )
    assert run.wake_at is None


def test_an_explicit_digit_counts_before_any_intent() -> None:
    run = Run().feed(reply("decline_outreach", choice=2))

    assert run.state.step == "call_back"


@pytest.mark.req("S29")
def test_a_patient_who_declines_is_closed_and_left_alone() -> None:
    run = Run().feed(reply("decline_outreach"))

    assert run.of(End) == [End("declined", "closed")]
    assert run.wake_at is None


def test_a_reply_that_fits_nothing_goes_to_a_person_and_the_wait_goes_on() -> None:
    run = Run()
    due = run.wake_at

    run.feed(reply("billing", choice=7))

    assert (run.last, run.state.step, run.wake_at) == ((Unmatched(),), "first", due)
    assert run.state.routing == "sent_to_review"


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (Event(EventKind.EHR, "appointment.booked"), "booked"),
        (Event(EventKind.EHR, "appointment.fulfilled"), "completed"),
        (Event(EventKind.EHR, "patient.deceased"), "deceased"),
        (Event(EventKind.EHR, "patient.admitted"), "stopped_by_ehr"),
        (Event(EventKind.INTERRUPT, "opted_out"), "opted_out"),
        (Event(EventKind.INTERRUPT, "wrong_number"), "wrong_number"),
        (Event(EventKind.INTERRUPT, "deceased"), "deceased"),
        (Event(EventKind.INTERRUPT, "stopped_by_ehr"), "stopped_by_ehr"),
        (Event(EventKind.OPERATOR, "withdrawn"), "withdrawn"),
    ],
)
@pytest.mark.parametrize("when", ["asked", "paused", "with a person"])
def test_what_ends_a_program_ends_it_from_anywhere_and_takes_back_what_has_not_left(
    event: Event, outcome: str, when: str
) -> None:
    run = Run()
    if when == "paused":
        run.feed(Event(EventKind.INTERRUPT, "clinical"))
    elif when == "with a person":
        run.feed(reply(choice=1))

    run.feed(event)

    assert (run.state.status, run.state.outcome, run.wake_at) == ("ended", outcome, None)
    assert CancelPending() in run.last


def test_an_ehr_event_the_program_does_not_name_changes_nothing() -> None:
    run = Run()

    run.feed(Event(EventKind.EHR, "appointment.arrived"))

    assert (run.last, run.state.status) == ((), "waiting")


@pytest.mark.req("S27")
def test_a_clinical_concern_pauses_until_a_person_resumes() -> None:
    run = Run().feed(Event(EventKind.INTERRUPT, "clinical"))
    assert run.last == (CancelPending(), Pause("clinical"))
    assert (run.state.status, run.wake_at) == ("paused", None)

    run = run.feed(TIMER, now=at("2026-12-05T10:00")).feed(reply(choice=1))
    assert (run.state.status, run.last) == ("paused", (Unmatched(),))

    run.feed(Event(EventKind.OPERATOR, "resume"), now=at("2026-12-07T10:00"))
    assert (run.state.status, run.wake_at) == ("waiting", at("2026-12-09T09:00"))


def test_a_blocked_touch_becomes_a_call_task_counts_once_and_the_wait_runs_from_now() -> None:
    run = Run().feed(Event(EventKind.TOUCH_BLOCKED), now=at("2026-12-02T09:00"))

    assert run.last == (OpenCase("call_task", "patient_access", "normal", "4 business hours", "first"),)
    assert (run.state.step, run.state.touches, run.wake_at) == ("first", 1, at("2026-12-04T09:00"))


def test_the_call_that_replaced_a_touch_can_end_the_program() -> None:
    run = Run().feed(Event(EventKind.TOUCH_BLOCKED)).feed(Event(EventKind.CASE, "declined"))

    assert run.state.outcome == "declined"


def test_an_undelivered_touch_opens_a_missing_contact_case() -> None:
    run = Run().feed(Event(EventKind.TOUCH_FAILED))

    assert run.last == (OpenCase("missing_contact", "patient_access", "normal", "1 business day", "first"),)


@pytest.mark.parametrize(
    ("disposition", "outcome"), [("booked", "booked"), ("declined", "declined"), ("x", "handed_over")]
)
@pytest.mark.req("S30")
def test_the_case_s_closing_decides_how_the_program_ends(disposition: str, outcome: str) -> None:
    run = Run().feed(reply(choice=2)).feed(Event(EventKind.CASE, disposition))

    assert run.state.outcome == outcome
    assert CancelPending() not in run.last


def test_started_twice_asks_once() -> None:
    run = Run().feed(STARTED)

    assert len(run.of(Ask)) == 1


def test_reminders_leave_at_the_opening_three_days_and_one_day_before() -> None:
    run = Run(REMINDER, now=at("2026-12-01T10:00"), appointment_at=at("2026-12-11T15:00"))
    assert (run.last, run.wake_at) == ((Enter("three_days"),), at("2026-12-08T09:00"))

    run.silence()
    assert (run.last, run.wake_at) == ((Ask("three_days", "early", 1, "appointment_confirm"),), at("2026-12-09T09:00"))

    run.silence()
    assert (run.of(Ask)[1:], run.wake_at) == ([], at("2026-12-10T09:00"))

    run.silence()
    assert run.of(Ask)[-1] == Ask("one_day", "late", 2, "appointment_confirm")


def test_a_reminder_for_monday_leaves_on_saturday_not_on_the_day_itself() -> None:
    run = Run(REMINDER, now=at("2026-12-05T08:00"), appointment_at=at("2026-12-07T15:00"))

    assert run.state.step == "one_day"
    assert run.wake_at == at("2026-12-05T09:00")


def test_a_reminder_whose_time_passed_long_ago_is_skipped_without_a_text() -> None:
    run = Run(REMINDER, now=at("2026-12-09T10:00"), appointment_at=at("2026-12-11T15:00"))

    assert run.last == (Enter("three_days"), Leave("three_days", "skipped"), Enter("one_day"))
    assert run.wake_at == at("2026-12-10T09:00")


def test_a_reminder_an_hour_late_still_goes() -> None:
    run = Run(REMINDER, now=at("2026-12-08T10:00"), appointment_at=at("2026-12-11T15:00"))

    assert [ask.step for ask in run.of(Ask)] == ["three_days"]


def test_a_visit_booked_too_late_for_any_reminder_withdraws_without_blaming_the_patient() -> None:
    run = Run(REMINDER, now=at("2026-12-11T14:00"), appointment_at=at("2026-12-11T15:00"))

    assert (run.of(Ask), run.state.outcome) == ([], "withdrawn")


@pytest.mark.parametrize(("told", "late"), [("2026-12-10T09:30", True), ("2026-12-10T08:00", False), (None, False)])
def test_nobody_is_reminded_of_a_visit_that_we_told_them_of_after_the_reminder_s_time(
    told: str | None, late: bool
) -> None:
    day_before = Moment(before="appointment", days=1)
    known = replace(facts(at("2026-12-11T15:00")), told_at=at(told) if told else None)

    assert moments.too_late(day_before, at("2026-12-10T10:00"), known) is late


@pytest.mark.req("S20")
def test_confirming_a_visit_ends_the_reminders() -> None:
    run = Run(REMINDER, now=at("2026-12-08T09:00"), appointment_at=at("2026-12-11T15:00")).feed(reply("confirm"))

    assert run.of(End) == [End("confirmed", "confirmed")]


def test_a_moved_appointment_moves_the_reminder_that_has_not_left() -> None:
    run = Run(REMINDER, now=at("2026-12-01T10:00"), appointment_at=at("2026-12-11T15:00"))
    run.facts = facts(at("2026-12-18T15:00"))

    run.feed(TIMER, now=at("2026-12-08T09:00"))

    assert (run.of(Ask), run.wake_at) == ([], at("2026-12-15T09:00"))


RING = """
grammar: 1
program: ring
title: Ring
purpose: A ring of questions, to see that it ends.
trigger: {event: appointment.noshow, fresh: 24h}
goal: {appointment: booked, within: 14d}
stop_on: {appointment.booked: booked}
touch_blocked: {case: {kind: call_task, team: patient_access, due: 4 business hours}}
steps:
  one: {ask: t, wait: 36h, on: {1: two}, silence: two}
  two: {ask: t, wait: 20m, on: {1: gone}, silence: one}
texts: {t: {en: "{clinic}: hello", es: "{clinic}: hola"}}
"""


def test_even_a_ring_of_questions_stops_at_three_and_hands_over() -> None:
    run = Run(parse(RING)).silence().silence().silence()

    assert len(run.of(Ask)) == 3
    assert [case.kind for case in run.of(OpenCase)] == ["call_task"]
    assert run.state.outcome == "handed_over"


def test_hours_and_minutes_are_elapsed_time() -> None:
    run = Run(parse(RING), now=at("2026-10-31T12:00"))

    assert run.wake_at == at("2026-10-31T12:00") + timedelta(hours=36)


def test_a_step_the_program_does_not_have_is_named() -> None:
    run = Run(parse(RING)).feed(reply(choice=1))

    with pytest.raises(Misconfigured, match="gone"):
        run.feed(reply(choice=1))


EVENTS = st.one_of(
    st.just(TIMER),
    st.just(STARTED),
    st.builds(
        Event,
        st.just(EventKind.REPLY),
        intents=st.lists(
            st.sampled_from(["ready", "time_given", "confirm", "decline_outreach", "billing"]), max_size=2
        ).map(tuple),
        choice=st.sampled_from([None, 1, 2, 3, 7]),
    ),
    st.builds(Event, st.just(EventKind.EHR), st.sampled_from(["appointment.booked", "appointment.arrived"])),
    st.builds(Event, st.just(EventKind.CASE), st.sampled_from(["booked", "declined", "corrected", "no_answer"])),
    st.builds(Event, st.just(EventKind.OPERATOR), st.sampled_from(["resume", "pause"])),
    st.just(Event(EventKind.TOUCH_BLOCKED)),
    st.just(Event(EventKind.TOUCH_FAILED)),
    st.builds(Event, st.just(EventKind.INTERRUPT), st.sampled_from(["opted_out", "clinical"])),
)
# Mostly silence, so that runs get far, with every other event in between.
SCRIPTS = st.lists(st.tuples(st.one_of(st.just(TIMER), EVENTS), st.integers(0, 200)), max_size=14)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from([NO_SHOW, REMINDER]), SCRIPTS, st.integers(0, 240))
def test_whatever_happens_no_patient_is_over_texted_or_forgotten(
    program: Program, script: list[tuple[Event, int]], hours_ahead: int
) -> None:
    run = Run(program, appointment_at=NOON + timedelta(hours=hours_ahead))
    for event, hours in script:
        before, now = run.state, run.now + timedelta(hours=hours)
        again = engine.step(program, before, event, now=now, facts=run.facts)
        run.feed(event, now=now)

        assert again.state == run.state
        if before.status == "ended":
            assert (run.state, run.last, run.wake_at) == (before, (), None)
        touches = [ask for ask in run.of(Ask) if not ask.answer]
        assert len(touches) - run.came_back == run.state.touches <= 3
        if run.state.status == "waiting":
            assert run.wake_at is not None or run.of(OpenCase) or run.state.step == "book"
        assert (run.state.outcome is not None) == (run.state.status == "ended") == bool(run.of(End))
        if run.state.status in ("ended", "paused"):
            assert run.wake_at is None


@settings(deadline=None, max_examples=60)
@given(SCRIPTS)
def test_day_waits_always_end_inside_the_window(script: list[tuple[Event, int]]) -> None:
    run = Run()
    for event, hours in script:
        run.feed(event, now=run.now + timedelta(hours=hours))
        if run.wake_at is not None:
            assert check(HERE, run.wake_at).open


def test_a_reminder_of_the_hour_is_not_sent_once_the_visit_has_begun() -> None:
    program = parse(RING.replace("one: {ask: t, wait", "one: {ask: t, at: {before: appointment, hours: 3}, wait"))
    run = Run(program, now=at("2026-12-08T09:00"), appointment_at=at("2026-12-08T15:00"))
    assert run.wake_at == at("2026-12-08T12:00")

    run.feed(TIMER, now=at("2026-12-08T15:00"))

    assert Leave("one", "skipped") in run.last
    assert [ask.step for ask in run.of(Ask)] == ["two"]
