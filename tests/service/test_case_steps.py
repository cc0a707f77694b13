"""Snooze, wait, escalate, calls, wrong numbers, undo and promises: who may, when, and what comes of it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from core.errors import Refused
from storage import numbers
from storage.tables import Case, CaseEvent, PromiseRow, Rung
from tests.business_clock import set_business_time
from tests.databases import Database
from tests.factories import MONDAY_NOON
from tests.page_scene import Scene, a_case, clinic
from workflows import case_calls, cases, closing, escalating, promising, resting, undoing

Step = Callable[[Scene, str, UUID], Any]


@pytest.fixture
def scene(clean_database: Database) -> Iterator[Scene]:
    with clinic(clean_database) as made:
        with made.db.begin(org=made.org) as session:
            session.execute(update(Case).values(number_id=made.number_id, patient_id=made.patient_id))
        yield made


def step(act: Callable[..., Any], *given: object, **how: object) -> Step:
    def run(scene: Scene, name: str, case: UUID) -> Any:
        who = scene.who(name)
        with scene.db.begin(org=scene.org) as session:
            return act(session, case, *given, by=who, **how)

    return run


SNOOZE = step(resting.snooze, until=MONDAY_NOON + timedelta(hours=1))
STEPS: dict[str, Step] = {
    "snooze": SNOOZE,
    "wait": step(resting.wait_for_patient),
    "escalate": step(escalating.escalate, "worse"),
    "log a call": step(case_calls.log, "voicemail"),
    "call now": step(case_calls.dialled),
    "wrong number": step(case_calls.mark_wrong_number),
    "close": step(closing.close_for_now, "declined"),
}
OF_THE_OWNER = ("snooze", "wait", "wrong number", "close")
each = pytest.mark.parametrize("what", STEPS)


def events(scene: Scene, case: UUID | None = None) -> list[str]:
    with scene.db.begin(org=scene.org) as session:
        mine = CaseEvent.case_id == (case or scene.case_id)
        return list(session.scalars(select(CaseEvent.what).where(mine).order_by(CaseEvent.id)))


@each
def test_the_owner_may(scene: Scene, what: str) -> None:
    scene.claimed()

    STEPS[what](scene, "Dana", scene.case_id)

    assert events(scene)[:2] == ["opened", "claimed"]
    assert len(events(scene)) == 3


@each
@pytest.mark.parametrize("name", ["Ola", "Vik", "Omar"])
def test_another_team_and_who_may_only_read_may_not(scene: Scene, what: str, name: str) -> None:
    scene.claimed()

    with pytest.raises(Refused, match=r"belongs to Patient access|not work on it"):
        STEPS[what](scene, name, scene.case_id)

    assert events(scene) == ["opened", "claimed"]


@pytest.mark.parametrize("what", [*OF_THE_OWNER, "log a call", "call now"])
def test_a_colleague_is_told_who_has_it(scene: Scene, what: str) -> None:
    scene.claimed("Mia")

    with pytest.raises(Refused, match="Mia has case 1001"):
        STEPS[what](scene, "Dana", scene.case_id)


@each
def test_a_case_of_nobody_here_is_not_found(scene: Scene, what: str) -> None:
    with pytest.raises(Refused, match="no such case"):
        STEPS[what](scene, "Dana", uuid4())


@each
def test_a_closed_case_is_left_alone(scene: Scene, what: str) -> None:
    scene.claimed()
    STEPS["close"](scene, "Dana", scene.case_id)
    before = events(scene)

    with pytest.raises(Refused, match="closed"):
        STEPS[what](scene, "Dana", scene.case_id)

    assert events(scene) == before


@pytest.mark.parametrize("what", OF_THE_OWNER)
def test_what_is_the_owners_needs_one(scene: Scene, what: str) -> None:
    with pytest.raises(Refused, match="Claim case 1001 first"):
        STEPS[what](scene, "Dana", scene.case_id)


@pytest.mark.parametrize("what", ["log a call", "call now"])
def test_who_calls_on_a_free_case_has_it(scene: Scene, what: str) -> None:
    STEPS[what](scene, "Dana", scene.case_id)

    assert scene.row().owner_id == scene.staff["Dana"]


def test_an_emergency_does_not_wait(scene: Scene) -> None:
    with scene.db.begin(org=scene.org) as session:
        flag = a_case(session, kind="red_flag", team="clinical", key="flag", priority="emergency").id
    step(cases.claim)(scene, "Noor", flag)

    with pytest.raises(Refused, match="An emergency does not wait"):
        SNOOZE(scene, "Noor", flag)


def test_escalating_goes_up_step_by_step_tells_the_manager_once_a_step_and_stops_below_emergency(scene: Scene) -> None:
    scene.claimed()
    raised = [STEPS["escalate"](scene, "Dana", scene.case_id).priority for _ in range(2)]

    assert raised == ["high", "urgent"]
    with pytest.raises(Refused, match="urgent already, the highest for its kind"):
        STEPS["escalate"](scene, "Dana", scene.case_id)
    with scene.db.begin(org=scene.org) as session:
        told = session.scalars(select(Rung.staff_id).where(Rung.tier == "escalated")).all()
    assert len(told) <= 2 * 2
    assert scene.staff["Dana"] not in told


def test_a_wrong_number_gets_no_more_texts_and_the_chart_has_one_case_however_often_it_is_said(scene: Scene) -> None:
    scene.claimed()

    STEPS["wrong number"](scene, "Dana", scene.case_id)
    STEPS["wrong number"](scene, "Dana", scene.case_id)

    with scene.db.begin(org=scene.org) as session:
        assert numbers.suppressed(session, [scene.number_id])
        charts = session.scalars(select(Case).where(Case.kind == "wrong_number")).all()
    assert [(one.reason, one.number_id) for one in charts] == [("wrong_number", scene.number_id)]
    assert events(scene).count("wrong_number") == 1


@pytest.mark.req("S117")
def test_a_call_of_theirs_needs_its_reason_and_ours_has_none(scene: Scene) -> None:
    scene.claimed()
    with pytest.raises(Refused, match="Pick how it went"):
        step(case_calls.log, "they_called")(scene, "Dana", scene.case_id)
    with pytest.raises(Refused, match="Pick how it went"):
        step(case_calls.log, "voicemail", why="billing")(scene, "Dana", scene.case_id)

    step(case_calls.log, "they_called", why="new_time")(scene, "Dana", scene.case_id)

    with scene.db.begin(org=scene.org) as session:
        logged = session.scalars(select(CaseEvent.detail).where(CaseEvent.what == case_calls.LOGGED)).all()
    assert logged == ["they_called:new_time"]


def take_back(scene: Scene, name: str, made: UUID | None) -> Case:
    assert made is not None
    who = scene.who(name)
    with scene.db.begin(org=scene.org) as session:
        return undoing.undo(session, made, by=who)[0]


def test_a_closing_is_taken_back_once_by_who_made_it(scene: Scene) -> None:
    before = scene.claimed()
    _, made = STEPS["close"](scene, "Dana", scene.case_id)

    with pytest.raises(Refused, match="Dana did that; only they can take it back"):
        take_back(scene, "Mia", made)
    restored = take_back(scene, "Dana", made)
    with pytest.raises(Refused, match="taken back already"):
        take_back(scene, "Dana", made)

    assert (restored.state, restored.owner_id, restored.disposition) == ("claimed", before.owner_id, None)
    assert restored.claimed_at == before.claimed_at
    assert events(scene) == ["opened", "claimed", "closed", "undone"]


def test_a_closing_of_more_than_a_minute_ago_is_carried_out_once_and_stands(
    scene: Scene, clean_database: Database
) -> None:
    scene.claimed()
    _, made = STEPS["close"](scene, "Dana", scene.case_id)
    set_business_time(clean_database.owner_url, MONDAY_NOON + timedelta(seconds=61))

    with scene.db.begin(org=scene.org) as session:
        carried_out = [closing.settle(session), closing.settle(session)]

    assert carried_out == [1, 0]
    with pytest.raises(Refused, match="its program has moved on"):
        take_back(scene, "Dana", made)


def test_a_snoozed_case_wakes_once_and_at_its_time(scene: Scene, clean_database: Database) -> None:
    scene.claimed()
    SNOOZE(scene, "Dana", scene.case_id)
    woken = []
    for minutes in (59, 60, 61):
        set_business_time(clean_database.owner_url, MONDAY_NOON + timedelta(minutes=minutes))
        with scene.db.begin(org=scene.org) as session:
            woken.append(resting.wake(session))

    assert woken == [0, 1, 0]
    assert (scene.row().state, scene.row().snoozed_until) == ("claimed", None)


def test_a_promise_made_at_closing_is_a_case_of_who_made_it_that_comes_back_before_it_is_due(scene: Scene) -> None:
    scene.claimed()
    closed, _ = STEPS["close"](scene, "Dana", scene.case_id)

    with scene.db.begin(org=scene.org) as session:
        made = promising.make(session, closed, "call", "2 business days", by=scene.who("Dana"))
        again = promising.make(session, closed, "call", "2 business days", by=scene.who("Dana"))
        rows = session.scalars(select(PromiseRow)).all()

    assert made.id == again.id
    assert (made.kind, made.owner_id, made.state) == ("call_back", scene.staff["Dana"], "snoozed")
    assert [(row.kind, row.due_at, row.kept_at) for row in rows] == [("call", made.due_at, None)]
    step(resting.resume)(scene, "Dana", made.id)
    step(closing.close, "resolved")(scene, "Dana", made.id)
    with scene.db.begin(org=scene.org) as session:
        assert session.scalars(select(PromiseRow.kept_at)).one() is not None
