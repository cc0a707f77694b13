"""How modelled patients and staff behave: a small YAML file, and draws from it that depend on nothing but the seed and who is asked."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import Misconfigured
from workflows.programs import source
from workflows.programs.model import complaints
from workflows.programs.vocabulary import Language, Slug

Share = Annotated[float, Field(ge=0, le=1)]
WHOLE = 1.0001
RIGHT = "corrected"  # the number in the chart is put right
LEFT = "resolved"  # how a case closes that is in no share: done, nothing more needed
_USUAL = Path(__file__).with_name("usual.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Delay(_Part):
    """Minutes until something happens: half of the times below `median_min`, `spread` = the ratio of the 84th percentile to it."""

    median_min: Annotated[float, Field(gt=0)]
    spread: Annotated[float, Field(ge=1)] = 2.0


class Place(_Part):
    """Where some of the patients live, which area code they have and, if they said so, their zone; `weight` against the other places."""

    zip: str
    area: Annotated[str, Field(pattern=r"^[2-9]\d\d$")]
    state: str | None = None
    zone: str | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0


class Answer(_Part):
    """Words that a patient sends back, and how many of those who answer send them."""

    say: str
    share: Share


class Staff(_Part):
    """How staff close cases: by kind (`default` for the others) dispositions with their shares; the rest is done without more."""

    closes: Mapping[Slug, Mapping[Slug, Share]]
    after: Delay


class Behaviour(_Part):
    """A model of patients and staff. Every share is of those concerned, between 0 and 1."""

    languages: Mapping[Language, Annotated[float, Field(gt=0)]]
    places: Annotated[tuple[Place, ...], Field(min_length=1)]
    household: Share = 0.0  # who shares a number with the patient before
    no_number: Share = 0.0
    dead_number: Share = 0.0
    no_consent: Share = 0.0
    delivered: Delay = Delay(median_min=0.2)
    replies: Annotated[
        tuple[Share, ...], Field(min_length=1)
    ]  # after the first touch, the second, …; the last one holds for the rest
    reply_after: Delay
    answers: Mapping[Literal["default"] | Slug, tuple[Answer, ...]]  # by step; `default` for the others
    staff: Staff


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back to one text, and how long after it was delivered."""

    say: str
    after: timedelta


def read(text: str) -> Behaviour:
    """A behaviour file; Misconfigured names each place that is wrong."""
    try:
        found = Behaviour.model_validate(source.read(text))
    except yaml.YAMLError as error:
        raise Misconfigured("The behaviour file is not valid YAML", fix=" ".join(str(error).split())) from error
    except ValidationError as error:
        raise Misconfigured("The behaviour file cannot be used", fix="; ".join(complaints(error))) from error
    over = [f"answers.{step}" for step, said in found.answers.items() if sum(one.share for one in said) > WHOLE]
    over += [f"staff.closes.{kind}" for kind, shares in found.staff.closes.items() if sum(shares.values()) > WHOLE]
    if over:
        raise Misconfigured(
            "The behaviour file shares out more than everybody",
            fix=f"Shares of one list add up to at most 1: {', '.join(over)}.",
        )
    return found


def usual() -> Behaviour:
    """The model that comes with Careloop: assumptions, dated in the file, to be replaced by a clinic's own figures."""
    return read(_USUAL.read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws that are the same whenever the same question is asked with the same seed, in whatever order."""

    seed: int

    def of(self, *who: object) -> random.Random:
        """A source of chance for one question ("reply", patient 7, touch 2)."""
        return random.Random(f"{self.seed}:{':'.join(map(str, who))}")


@dataclass(frozen=True, slots=True)
class Text:
    """One text to one modelled patient."""

    patient: int
    step: str
    touch: int

    def dice(self, dice: Dice, what: str) -> random.Random:
        """Chance for one question about this text."""
        return dice.of(what, self.patient, self.step, self.touch)


def reply(model: Behaviour, dice: Dice, text: Text) -> Reply | None:
    """What the patient answers to this text, if anything."""
    chance = text.dice(dice, "reply")
    if chance.random() >= model.replies[min(max(text.touch, 1), len(model.replies)) - 1]:
        return None
    answers = model.answers.get(text.step) or model.answers.get("default", ())
    said = _pick(chance, [(answer.say, answer.share) for answer in answers])
    return Reply(said, draw(chance, model.reply_after)) if said is not None else None


def delivery(model: Behaviour, dice: Dice, text: Text) -> timedelta:
    """How long a text takes to arrive."""
    return draw(text.dice(dice, "delivery"), model.delivered)


def closing(model: Behaviour, dice: Dice, *, patient: int, kind: str, number: int) -> tuple[str, timedelta]:
    """How and when staff close a case of this kind; `number` counts the patient's cases."""
    chance = dice.of("closing", patient, kind, number)
    closes = model.staff.closes.get(kind) or model.staff.closes.get("default", {})
    return _pick(chance, list(closes.items())) or LEFT, draw(chance, model.staff.after)


def _pick(chance: random.Random, shares: list[tuple[str, float]]) -> str | None:
    left = chance.random()
    for what, share in shares:
        left -= share
        if left < 0:
            return what
    return None


def draw(chance: random.Random, delay: Delay) -> timedelta:
    """Log-normal: most are quick, some take long."""
    return timedelta(minutes=round(delay.median_min * math.exp(chance.gauss(0, math.log(delay.spread))), 3))
