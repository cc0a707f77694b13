"""A day in the life of a clinic: 300 cases, 12 staff, and Slack down for ten minutes in the middle of it."""

from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from core import ids
from storage.tables import Case, CaseEvent
from tests.day_scene import STEP, STEPS, Day, Scale
from tests.world import World

AMINAS_PHONE = "+13125550181"
OUT, BACK = (13, 20), (13, 30)


FULL = Scale(texts=2, opened=6, presses=8)


@pytest.mark.parametrize(
    "scale", [Scale(texts=1, opened=1, presses=3), pytest.param(FULL, marks=pytest.mark.chaos)], ids=["short", "full"]
)
@pytest.mark.req("N11")
def test_a_day_ends_with_no_case_lost_and_none_posted_twice(monday: World, tmp_path: Path, scale: Scale) -> None:
    day = Day(monday, tmp_path)
    day.prepare()
    now, texts, opened = day.at(8), iter(range(STEPS * scale.texts)), iter(range(STEPS * scale.opened))

    while now <= day.at(16, 30):
        day.go(now)
        if now == day.at(*OUT):
            _without_slack(day)
            now = day.at(*BACK)
            continue
        for place in islice(texts, scale.texts):
            day.text(place)
        for place in islice(opened, scale.opened):
            day.open(place)
        monday.drain()
        day.work(scale.presses)
        now += STEP
    monday.hurry()

    assert (list(texts), list(opened)) == ([], [])
    _every_case_once(day, least=STEPS * (scale.texts + scale.opened) * 9 // 10)
    _lawful(day)
    assert day.pressed["Claim"] > STEPS
    assert day.pressed["Close"] > STEPS // 3


def _without_slack(day: Day) -> None:
    """An emergency comes in while every call to Slack fails; the nurse on call hears of it on her phone."""
    world = day.world
    world.fault("slack", method="*", status=503, times=10_000)
    world.text("chest_pain", "chest pain and I cannot breathe")
    for minute in range(2, 12, 2):
        day.go(day.at(OUT[0], OUT[1] + minute))
    assert [told for told in world.texts(AMINAS_PHONE) if "Claim it" in told]
    world.slack.faults.clear()
    world.hurry()


def _every_case_once(day: Day, *, least: int) -> None:
    posts = day.posts()
    with day.world.begin() as session:
        known = {ids.show("cas", row) for row in session.scalars(select(Case.id))}
        left = session.execute(
            text("SELECT topic, state, count(*) FROM outbox WHERE state <> 'done' GROUP BY 1, 2")
        ).all()
    assert len(known) >= least
    assert {name: where for name, where in posts.items() if len(where) != 1} == {}
    assert known - set(posts) == set()
    assert [tuple(row) for row in left] == []


def _lawful(day: Day) -> None:
    """Every case was opened once and closed at most once, and who claimed it before it was closed is its owner."""
    with day.world.begin() as session:
        opened = select(CaseEvent.case_id).where(CaseEvent.what == "opened").group_by(CaseEvent.case_id)
        twice = session.scalars(opened.having(func.count() != 1)).all()
        closed = select(CaseEvent.case_id).where(CaseEvent.what == "closed").group_by(CaseEvent.case_id)
        again = session.scalars(closed.having(func.count() != 1)).all()
    assert twice == []
    assert again == []
