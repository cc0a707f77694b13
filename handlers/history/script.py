"""What is to be played: over which time, with whose charts, by which seed; and who the modelled patients are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.ehr.mapping import patient_fact
from workflows.ehr_facts import PatientFact
from workflows.simulation.behaviour import Dice

OFTEN = 0.25  # of the patients miss visits more than others do
AT_MAIN = 0.4  # of the patients go to the main place; the others anywhere
LOST = 0.5  # of the patients do not come back by themselves for months once they missed a visit: whom a recall is for
DEAD = 0.05  # numbers that no text reaches


@dataclass(frozen=True, slots=True)
class Script:
    """`patients`: FHIR Patients as the EHR has them, each with a visit about `every` so many days. Instants are UTC.

    `sites`: what the EHR calls the clinic's places, the main one first. The same script over the same clinic is the same story.
    """

    begins: datetime
    ends: datetime
    zone: str
    seed: int
    patients: Sequence[Mapping[str, Any]]
    every: tuple[float, float] = (24, 56)
    sites: Sequence[str] = ("loc-lakeside",)

    @classmethod
    def read(cls, text: str) -> "Script":
        """As the demo writes it: one JSON object of these fields, instants as ISO with an offset."""
        kept = json.loads(text)
        begins, ends = (datetime.fromisoformat(kept[name]) for name in ("begins", "ends"))
        return cls(
            begins,
            ends,
            kept["zone"],
            kept["seed"],
            tuple(kept["patients"]),
            sites=tuple(kept.get("sites", ("loc-lakeside",))),
        )

    @property
    def weeks(self) -> int:
        """Whole weeks, the begun one too."""
        return -(-int((self.ends - self.begins).total_seconds()) // (7 * 86_400))


@dataclass(frozen=True, slots=True)
class Person:
    """One modelled patient: what the chart says, and habits. `misses`: the share of visits that nobody comes to.

    `lost`: who missed a visit does not come back for months, unless somebody asks. `site`: where the visits are.
    """

    no: int
    fact: PatientFact
    misses: float
    dead: bool
    lost: bool
    site: str

    @property
    def number(self) -> str:
        """The number texts go to, "" for none."""
        return next((phone.number for phone in self.fact.phones if phone.e164), "")


def people(script: Script, dice: Dice) -> list[Person]:
    """Everybody of the script, with the habits that the seed gives them."""
    return [
        _person(no, patient_fact(dict(resource)), dice, script.sites) for no, resource in enumerate(script.patients)
    ]


def _person(no: int, fact: PatientFact, dice: Dice, sites: Sequence[str]) -> Person:
    chance = dice.of("habits", no)
    lost = chance.random() < LOST
    span = (0.45, 0.7) if lost else (0.3, 0.5) if chance.random() < OFTEN else (0.06, 0.18)
    misses = chance.uniform(*span)
    site = sites[0] if chance.random() < AT_MAIN else chance.choice(list(sites))
    return Person(no, fact, misses, dead=chance.random() < DEAD, lost=lost, site=site)
