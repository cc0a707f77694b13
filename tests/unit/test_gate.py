"""The gate as a pure function: each rule by its code, and what must hold whatever is asked of it."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows import gate, windows
from workflows.gate import Question, Verdict
from workflows.places import ALL_US_ZONES, Where
from workflows.windows import Hours

CHICAGO = ZoneInfo("America/Chicago")
HOME = Where(None, "60601", "IL", "America/Chicago", "+13125550101")
FLORIDA_NUMBER = replace(HOME, number="+13055550100")
NOON = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)  # a Tuesday, 12:00 in Chicago
FREE = Question(
    purpose="program", at=NOON, where=HOME, consents=frozenset({"care"}), deadline=NOON + timedelta(days=2)
)  # fmt: skip
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOMORROW_NINE = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)


def at(hour: int, minute: int = 0, *, day: int = 1) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


RULES: list[tuple[str, dict[str, object], Verdict, str]] = [
    ("T1", {"at": at(7, 59)}, Verdict.HOLD, "window.T1.federal"),
    ("T1", {"at": at(8)}, Verdict.HOLD, "window.T1.hours"),
    ("T1", {"at": at(9)}, Verdict.SEND, "gate.open"),
    ("T1", {"at": at(21)}, Verdict.HOLD, "window.T1.federal"),
    ("T1", {"at": at(22), "purpose": "answer", "answers_at": at(21, 50)}, Verdict.SEND, "exempt.answer"),
    ("T1", {"at": at(22), "purpose": "answer", "answers_at": at(21, 49)}, Verdict.HOLD, "window.T1.federal"),
    ("T1", {"at": at(12, day=6)}, Verdict.HOLD, "window.T1.sunday"),
    ("T1", {"at": at(12, day=6), "sunday": True}, Verdict.SEND, "gate.open"),
    ("T1", {"at": at(12, day=25), "hours": Hours(holidays=True)}, Verdict.HOLD, "window.T1.holiday"),
    ("T1", {"at": at(12), "hours": Hours(closed_days=frozenset({NOON.date()}))}, Verdict.HOLD, "window.T1.holiday"),
    ("T2", {"at": at(19, 30), "where": FLORIDA_NUMBER}, Verdict.HOLD, "window.T2.FL"),
    ("T2", {"at": at(12, day=25), "where": replace(HOME, state="LA", zip="70112")}, Verdict.HOLD, "window.T2.LA"),
    ("T2", {"where": FLORIDA_NUMBER, "sent_at": (NOON - HOUR,) * 3, "per_day": 9, "per_week": 9}, Verdict.BLOCK, "cap.state"),
    ("T2", {"where": FLORIDA_NUMBER, "sent_at": (NOON - HOUR,) * 2, "per_day": 9, "per_week": 9}, Verdict.SEND, "gate.open"),
    ("T3", {"where": Where(None, None, None, None, "+18005550100")}, Verdict.HOLD, "window.T3.every_us_zone"),
    ("T4", {"at": at(19, 59, ) + timedelta(seconds=30)}, Verdict.HOLD, "window.closing"),
    ("T5", {"consents": frozenset()}, Verdict.REFUSE, "consent.none"),
    ("T6", {"sent_at": (NOON - HOUR,)}, Verdict.HOLD, "cap.day"),
    ("T6", {"sent_at": (NOON - HOUR,), "per_day": 2}, Verdict.SEND, "gate.open"),
    ("T6", {"sent_at": tuple(NOON - n * DAY for n in (1, 2, 3))}, Verdict.BLOCK, "cap.week"),
    ("T6", {"sent_at": (NOON - HOUR,), "purpose": "booking"}, Verdict.SEND, "gate.open"),
    ("T7", {"consent_class": "marketing"}, Verdict.REFUSE, "consent.marketing"),
    ("T7", {"consent_class": "marketing", "consents": frozenset({"marketing"})}, Verdict.SEND, "gate.open"),
    ("R3", {"suppressed": frozenset({"all"})}, Verdict.REFUSE, "suppressed"),
    ("R3", {"suppressed": frozenset({"all"}), "purpose": "safety"}, Verdict.REFUSE, "suppressed"),
    ("R4", {"suppressed": frozenset({"all"}), "purpose": "opt_out", "at": at(23)}, Verdict.SEND, "exempt.opt_out_confirmation"),
    ("R5", {"suppressed": frozenset({"marketing"})}, Verdict.SEND, "gate.open"),
    ("R5", {"suppressed": frozenset({"marketing"}), "consent_class": "marketing", "consents": frozenset({"marketing"})},
     Verdict.REFUSE, "suppressed.marketing"),
    ("R7", {"suppressed": frozenset({"wrong_number"})}, Verdict.REFUSE, "number.quarantined"),
    ("P7", {"sender_is_neutral": False}, Verdict.REFUSE, "privacy.sender"),
    ("P7", {"proxy": "confidential"}, Verdict.REFUSE, "proxy.confidential"),
    ("C1", {"purpose": "safety", "at": at(3)}, Verdict.SEND, "exempt.safety"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "facts", "verdict", "rule"), RULES, ids=lambda it: it if isinstance(it, str) else "")
@pytest.mark.req("T2")
@pytest.mark.req("T6")
@pytest.mark.req("T7")
def test_each_rule_answers_as_it_is_written(code: str, facts: dict[str, object], verdict: Verdict, rule: str) -> None:
    asked = replace(FREE, **facts)  # type: ignore[arg-type]  # the table is checked by running it

    answer = gate.ask(replace(asked, deadline=asked.at + 5 * DAY))

    assert (code, answer.verdict, answer.rule) == (code, verdict, rule)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"channel_allowed": False}, "channel.not_allowed"),
        ({"step_is_current": False}, "step.over"),
        ({"contactable": False}, "patient.not_to_be_contacted"),
        ({"textable": False}, "number.not_textable"),
        ({"proxy": "came_of_age"}, "proxy.came_of_age"),
    ],
)
def test_what_no_waiting_changes_is_refused(facts: dict[str, object], rule: str) -> None:
    assert gate.ask(replace(FREE, **facts)) == gate.Answer(Verdict.REFUSE, rule)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "verdict", "rule"),
    [
        ({"ehr_limit_s": 600.0, "ehr_age_s": 601.0}, Verdict.HOLD, "ehr.stale"),
        ({"ehr_limit_s": 60.0, "ehr_age_s": 61.0}, Verdict.HOLD, "ehr.stale"),
        ({"ehr_limit_s": 60.0, "ehr_age_s": 59.0}, Verdict.SEND, "gate.open"),
        ({"ehr_limit_s": 600.0, "ehr_age_s": None}, Verdict.HOLD, "ehr.stale"),
        ({"provider_ails": True}, Verdict.HOLD, "provider.ails"),
        ({"halted": "halt.site"}, Verdict.HOLD, "halt.site"),
        ({"prefers": "email"}, Verdict.BLOCK, "preference.channel"),
        ({"hours": Hours(prefers=(time(17), time(23, 59)))}, Verdict.HOLD, "window.patient"),
        ({"hours": Hours(prefers=(time(21), time(23, 59)))}, Verdict.BLOCK, "window.patient"),
    ],
)
def test_what_only_delays_holds_or_becomes_a_person_s(facts: dict[str, object], verdict: Verdict, rule: str) -> None:
    answer = gate.ask(replace(FREE, **facts))  # type: ignore[arg-type]

    assert (answer.verdict, answer.rule) == (verdict, rule)


def test_a_held_text_names_the_first_instant_at_which_every_rule_lets_it_go() -> None:
    early = gate.ask(replace(FREE, at=at(7)))
    capped = gate.ask(replace(FREE, sent_at=(NOON - HOUR,)))
    week = gate.ask(replace(FREE, sent_at=tuple(NOON - n * DAY for n in (1, 2, 5))))

    assert (early.until, capped.until, week.until) == (at(9), TOMORROW_NINE, at(12, day=3))


def test_a_text_that_leaves_just_before_the_close_may_be_tried_only_until_then() -> None:
    assert gate.ask(replace(FREE, at=at(19, 45))).validity_s == 900


@pytest.mark.parametrize(
    ("left", "verdict"), [(timedelta(hours=2), Verdict.HOLD), (timedelta(hours=2, seconds=-1), Verdict.BLOCK)]
)
def test_a_text_waits_only_while_the_patient_still_has_two_hours_to_answer(left: timedelta, verdict: Verdict) -> None:
    answer = gate.ask(replace(FREE, sent_at=(NOON - HOUR,), deadline=TOMORROW_NINE + left))

    assert answer.verdict is verdict


CHANGES = {"spring": datetime(2027, 3, 13, tzinfo=UTC), "autumn": datetime(2027, 11, 6, tzinfo=UTC)}
PLACES = st.builds(
    Where,
    st.sampled_from([None, None, "America/Denver"]),
    st.sampled_from([None, "60601", "10001", "33101", "86001", "99501", "96813", "70112"]),
    st.just(None),
    st.sampled_from([None, *ALL_US_ZONES]),
    st.sampled_from(["+13055550100", "+14015550100", "+18005550100", "+19075550100", "+18085550100"]),
)


@pytest.mark.req("T3")
@pytest.mark.parametrize("night", sorted(CHANGES))
@pytest.mark.parametrize("zone", ALL_US_ZONES)
@settings(deadline=None, max_examples=25, derandomize=True)
@given(minutes=st.integers(0, 48 * 60), place=PLACES, sunday=st.booleans())
def test_over_a_clock_change_nothing_leaves_outside_any_candidate_zone(
    night: str, zone: str, minutes: int, place: Where, sunday: bool
) -> None:
    where = replace(place, site_zone=zone)
    instant = CHANGES[night] + timedelta(minutes=minutes)

    answer = gate.ask(replace(FREE, where=where, at=instant, sunday=sunday, deadline=instant + 9 * DAY))

    leaves = instant if answer.verdict is Verdict.SEND else answer.until
    if leaves is not None:
        locals_ = [leaves.astimezone(ZoneInfo(one)) for one in windows.zones(where)]
        assert all(time(9) <= local.time() < time(20) for local in locals_)
        assert windows.check(where, leaves, sunday=sunday).open
        if answer.verdict is Verdict.SEND:
            arrives = leaves + timedelta(seconds=answer.validity_s - 1)
            assert all(arrives.astimezone(ZoneInfo(one)).time() < time(20) for one in windows.zones(where))


ASKS = st.lists(st.integers(0, 12 * 24 * 60), min_size=1, max_size=25)


@pytest.mark.req("T6")
@settings(deadline=None, max_examples=40, derandomize=True)
@given(ASKS, st.sampled_from([HOME, FLORIDA_NUMBER]), st.sampled_from([(1, 3), (2, 5), (9, 9)]))
def test_no_schedule_of_programs_and_household_ever_exceeds_a_cap(
    asks: list[int], where: Where, caps: tuple[int, int]
) -> None:
    waiting = sorted(NOON + timedelta(minutes=minutes) for minutes in asks)
    sent: list[datetime] = []
    while waiting:
        instant = waiting.pop(0)
        asked = replace(FREE, at=instant, where=where, sent_at=tuple(sent), per_day=caps[0], per_week=caps[1])
        answer = gate.ask(replace(asked, deadline=instant + 3 * DAY))
        if answer.verdict is Verdict.SEND:
            sent.append(instant)
        elif answer.verdict is Verdict.HOLD and answer.until is not None:
            assert answer.until > instant
            waiting = sorted([*waiting, answer.until])

    for instant in sent:
        assert sum(instant - 7 * DAY < one <= instant for one in sent) <= caps[1]
        local = instant.astimezone(CHICAGO if where is HOME else ZoneInfo(windows.zones(where)[0])).date()
        assert sum(one.astimezone(ZoneInfo(windows.zones(where)[0])).date() == local for one in sent) <= caps[0]
        if where is FLORIDA_NUMBER:
            assert sum(instant - DAY < one <= instant for one in sent) <= 3


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    st.sampled_from(["program", "answer", "booking", "staff", "safety"]),
    st.sampled_from([frozenset({"all"}), frozenset({"wrong_number"}), frozenset({"all", "marketing"})]),
    st.integers(0, 10_000),
    st.booleans(),
)
def test_after_an_opt_out_no_text_of_any_kind_leaves_at_any_time(
    purpose: str, stops: frozenset[str], minutes: int, talking: bool
) -> None:
    instant = NOON + timedelta(minutes=minutes)
    asked = replace(FREE, purpose=purpose, at=instant, suppressed=stops, answers_at=instant if talking else None)

    assert gate.ask(asked).verdict is Verdict.REFUSE
