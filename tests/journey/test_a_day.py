"""A day in the life of a clinic: 300 cases, 12 staff, and Slack down for ten minutes in the middle of it."""

from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from core import ids
from storage.tables import Case, CaseEvent
from tests.day_scene import FRIDAY, STEP, WATCHED, Day, Scale
from tests.world import World

AMINAS_PHONE = "+13125550181"
MOST_ROUNDS = 300
OUT, BACK = (13, 20), (13, 30)
STAGES = ("sla_ping", "sla_manager", "sla_on_call")


FULL = Scale(texts=2, opened=6, presses=8)


@pytest.mark.parametrize(
    "scale",
    [Scale(texts=1, opened=1, presses=2, steps=8), pytest.param(FULL, marks=pytest.mark.long)],
    ids=["short", "full"],
)
@pytest.mark.req("N11")
def test_a_day_ends_with_no_case_lost_and_none_posted_twice(monday: World, tmp_path: Path, scale: Scale) -> None:
    day = Day(monday, tmp_path)
    day.prepare()
    steps = scale.steps
    texts, opened = iter(range(steps * scale.texts)), iter(range(steps * scale.opened))
    now = day.at(8)

    while now <= day.at(17):
        day.go(now)
        day.watch(now)
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
    _the_tuesday_after(day)

    assert (list(texts), list(opened)) == ([], [])
    _every_case_once(day, least=steps * (scale.texts + scale.opened) * 9 // 10)
    _lawful(day)
    assert day.told() == {key: list(zip(STAGES, instants, strict=True)) for key, (_, _, _, instants) in WATCHED.items()}
    assert day.pressed["Claim"] > steps
    assert day.pressed["Close"] > steps // 3


def _the_tuesday_after(day: Day) -> None:
    """The weekend with its clock change and the closed Monday pass; on Tuesday morning the clock goes on."""
    for hour, minute in ((8, 0), (8, 20), (8, 50), (9, 20), (10, 0), (12, 0)):
        day.go(day.at(hour, minute).replace(day=FRIDAY[2] + 4))
    for _ in range(MOST_ROUNDS):  # Slack's pace holds cards back, a few a channel each time
        if not day.world.hurry():
            break


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
    """One card for each opening of a case: a matter that comes back is the same case with a new card, where people look."""
    posts = day.posts()
    with day.world.begin() as session:
        began = CaseEvent.what.in_(("opened", "reopened"))
        counted = select(CaseEvent.case_id, func.count()).where(began).group_by(CaseEvent.case_id)
        opened = {ids.show("cas", case): count for case, count in session.execute(counted).all()}
        left = session.execute(text("SELECT topic, state, count(*) FROM outbox WHERE state <> 'done' GROUP BY 1, 2"))
        unsettled = [tuple(row) for row in left]
    assert len(opened) >= least
    assert {case: len(channels) for case, channels in posts.items()} == opened
    assert unsettled == []


def _lawful(day: Day) -> None:
    """No case was closed oftener than it was opened, and what was claimed is somebody's."""
    with day.world.begin() as session:
        of = CaseEvent.what
        count = func.count().filter(of.in_(("opened", "reopened"))) - func.count().filter(of == "closed")
        odd = session.execute(select(CaseEvent.case_id).group_by(CaseEvent.case_id).having(count.not_in((0, 1)))).all()
        ownerless = session.scalars(select(Case.id).where(Case.state == "claimed", Case.owner_id.is_(None))).all()
    assert odd == []
    assert ownerless == []
