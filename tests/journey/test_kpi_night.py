"""Figures are counted at night by themselves: what patients did yesterday is there in the morning."""

from datetime import timedelta

from tests.world import World
from workflows import local_days
from workflows.kpis import engine, states
from workflows.kpis.asked import Asked
from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period


def reach(world: World) -> Figure:
    with world.begin() as session:
        today = local_days.today(session)
        (found,) = engine.figures(
            session, Asked(Period(today - timedelta(days=30), today), program="no_show", kpis=("reach_72h",))
        )
        return found


def test_who_missed_a_visit_and_answered_is_counted_once_three_days_have_passed(world: World) -> None:
    world.no_show("story")
    world.text("story", "can we do next tues afternoon?")
    world.ticked(days=1)
    assert reach(world).note == "No runs in this period are old enough to count yet."

    for _ in range(3):
        world.ticked(days=1)

    assert (reach(world).numerator, reach(world).denominator) == (1, 1)
    with world.begin() as session:
        assert states.as_of(session) is not None
