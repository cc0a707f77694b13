"""Who starts when: the ramp of a launch, or visits booked ahead for programs that hang on one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workflows import windows
from workflows.places import Where
from workflows.programs.model import AskStep, Program
from workflows.simulation.behaviour import Behaviour
from workflows.simulation.people import Person, people
from workflows.simulation.record import Run
from workflows.simulation.run import Simulation

SPREAD = timedelta(hours=6)  # a day's starts are spread over its window, so that replies do not all come at once
AHEAD_DAYS = (5, 20)  # how far ahead the visits of modelled patients are
FIRST_VISIT, VISIT_HOURS = time(9), 7


@dataclass(frozen=True, slots=True)
class Plan:
    """So many patients, so many a day, from this day on, at a clinic in this zone."""

    patients: int
    per_day: int
    start: date
    zone: str
    seed: int


def play(program: Program, model: Behaviour, plan: Plan) -> Run:
    """Enrol everybody by the plan and run to the end."""
    simulation = Simulation(program, model, plan.seed)
    for person in people(model, simulation.dice, plan.patients, site_zone=plan.zone):
        at = starts_at(plan, person)
        simulation.enrol(
            person, at, appointment_at=_visit(simulation, plan, person, at) if _hangs_on_visit(program) else None
        )
    return simulation.play()


def starts_at(plan: Plan, person: Person) -> datetime:
    """When a patient's enrollment starts (UTC): in the own window, on the day of the own wave."""
    wave, place = divmod(person.no, plan.per_day)
    return _opening(plan, person.where, wave) + SPREAD * place / plan.per_day


def _opening(plan: Plan, where: Where, wave: int) -> datetime:
    """The opening of the wave's day; a closed day is nobody's wave."""
    opening = datetime.combine(plan.start, time(), ZoneInfo(plan.zone)).astimezone(UTC)
    opening = windows.next_day_open(where, opening, 0)
    for _ in range(wave):
        opening = windows.next_day_open(where, opening, 1)
    return opening


def _hangs_on_visit(program: Program) -> bool:
    return any(isinstance(step, AskStep) and step.at is not None for step in program.steps.values())


def _visit(simulation: Simulation, plan: Plan, person: Person, at: datetime) -> datetime:
    chance = simulation.dice.of("visit", person.no)
    day = at.astimezone(ZoneInfo(plan.zone)).date() + timedelta(days=chance.randint(*AHEAD_DAYS))
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    begins = datetime.combine(day, FIRST_VISIT, ZoneInfo(plan.zone)) + timedelta(
        minutes=30 * chance.randrange(2 * VISIT_HOURS)
    )
    return begins.astimezone(UTC)
