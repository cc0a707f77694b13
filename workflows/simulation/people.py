"""Modelled patients: where they live, what they speak, which number they answer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflows.places import Where

if TYPE_CHECKING:
    from workflows.simulation.behaviour import Behaviour, Dice


@dataclass(frozen=True, slots=True)
class Person:
    """Patient number `no` of a simulation. `number` is E.164, shared in a household; None = no number on file."""

    no: int
    language: str
    where: Where
    number: str | None
    dead: bool
    consented: bool


def people(model: "Behaviour", dice: "Dice", count: int, *, site_zone: str) -> list[Person]:
    """So many patients, always the same for the same seed."""
    made: list[Person] = []
    for no in range(count):
        made.append(_person(model, dice, no, before=made[-1] if made else None, site_zone=site_zone))
    return made


def _person(model: "Behaviour", dice: "Dice", no: int, *, before: Person | None, site_zone: str) -> Person:
    chance = dice.of("person", no)
    language = chance.choices(list(model.languages), list(model.languages.values()))[0]
    place = chance.choices(model.places, [place.weight for place in model.places])[0]
    shares = before is not None and before.number is not None and chance.random() < model.household
    if shares and before is not None:
        return Person(no, before.language, before.where, before.number, before.dead, before.consented)
    number = None if chance.random() < model.no_number else f"+1{place.area}{2_000_000 + no:07d}"
    where = Where(place.zone, zip=place.zip, state=place.state, site_zone=site_zone, number=number or "")
    return Person(no, language, where, number, chance.random() < model.dead_number, chance.random() >= model.no_consent)
