"""What a simulation promises is what the real services do: same program, same seed, same starts, the same texts at the same instants."""

from datetime import date
from pathlib import Path

from tests.live_run import LiveRun
from tests.service.desk import Desk
from workflows.programs.model import load
from workflows.simulation import behaviour, plan
from workflows.simulation.people import people
from workflows.simulation.run import Simulation

NO_SHOW = Path(__file__).resolve().parents[2] / "workflows" / "programs" / "no_show.yaml"
PATIENTS = 18
LIVELY = behaviour.usual().model_copy(
    update={
        "places": tuple(behaviour.Place(zip="60601", area=area) for area in ("312", "212", "808")),
        "household": 0.25,
        "dead_number": 0.1,
        "no_consent": 0.1,
        "replies": (0.5, 0.4, 0.3),
        "reply_after": behaviour.Delay(median_min=20, spread=2),
    }
)


def test_the_sends_of_a_simulation_are_those_of_a_live_run(desk: Desk) -> None:
    program = load(NO_SHOW)
    planned = plan.Plan(PATIENTS, 9, date(2026, 11, 30), "America/Chicago", 11)
    simulation = Simulation(program, LIVELY, planned.seed)
    everybody = people(LIVELY, simulation.dice, PATIENTS, site_zone="America/Chicago")
    live = LiveRun(desk, LIVELY, simulation.dice)
    live.enrol(everybody, lambda person: plan.starts_at(planned, person))

    for person in everybody:
        simulation.enrol(person, plan.starts_at(planned, person))
    promised = [(one.patient, one.step, one.at) for one in simulation.play().sent]
    happened = live.play()

    assert len(promised) > PATIENTS
    assert sorted(happened) == sorted(promised)
