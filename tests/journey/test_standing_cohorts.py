"""Programs that the chart itself starts: a care gap, and a time window after the last visit, looked for once a day."""

import pytest

from handlers import processes
from tests.world import World
from workflows import publishing

pytestmark = pytest.mark.phi("any")

PROGRAM = """grammar: 1
program: NAME
title: A step of care
purpose: A care message.
trigger: TRIGGER
goal: {appointment: booked, within: 60d}
stop_on: {appointment.booked: booked}
touch_blocked: {case: {kind: call_task, team: patient_access, due: 1 business day}}
steps:
  ask: {ask: hello, wait: 2d, on: {1: yes}, silence: quiet}
  yes: {outcome: handed_over}
  quiet: {outcome: unreachable}
texts:
  hello: {en: "{clinic}: WORDS. Reply 1 for a call.", es: "{clinic}: WORDS. Responda 1."}
"""
GAP = ("gap", "{cohort: diabetes_a1c}", "a check is due")
YEARLY = (
    "yearly",
    "{window: {after: wellness_visit, months: 11, unless: appointment.booked}, fresh: 90d}",
    "a year is over",
)


def texted(world: World, words: str) -> set[str]:
    """To whose phones these words went."""
    return {role for role, person in world.clinic.people.items() if person.number and words in str(world.texts(role))}


@pytest.mark.phi("none")
@pytest.mark.req("S9", by="workflows.cohorts.standing:due")
@pytest.mark.req("S12", by="workflows.cohorts.standing:_heard")
@pytest.mark.req("S14", by="workflows.cohorts.standing:promise")
def test_the_chart_starts_what_is_due_once_for_those_whom_it_concerns_and_nobody_else(world: World) -> None:
    with world.begin() as session:
        for name, trigger, words in (GAP, YEARLY):
            source = PROGRAM.replace("NAME", name).replace("TRIGGER", trigger).replace("WORDS", words)
            publishing.publish(session, source, actor="system")
    world.at(4, 9, 5)  # the visits of Thursday are over: nothing is booked

    for _ in range(3):
        processes.tick(world.deps)
        world.drain()

    assert texted(world, GAP[2]) == {"stop", "spanish", "spanish_two"}
    assert texted(world, YEARLY[2]) == {"story", "attends"}
