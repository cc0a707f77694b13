"""Which runs a person owns from the start: named rules in `policy_rules.yaml`, read once (S101-S104)."""

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core.errors import Misconfigured
from workflows.programs.vocabulary import Due, Slug

_FILE = Path(__file__).with_name("policy_rules.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class When(_Part):
    """Exactly one condition."""

    tag: Slug | None = None
    match_below: Annotated[float, Field(gt=0, le=1)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.tag is None) == (self.match_below is None):
            raise ValueError("say either tag or match_below")
        return self


class Rule(_Part):
    """`rule` names it in the ledger and on the case; `team` owns what it sends."""

    rule: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)?$")]
    when: When
    team: Slug
    due: Due
    say: str


def first(tags: Collection[str], confidence: float | None, *, rules: tuple[Rule, ...] | None = None) -> Rule | None:
    """The first rule that holds for a run; None when automation may have it. `confidence` None: the record is the EHR's own."""
    for rule in known() if rules is None else rules:
        when = rule.when
        if when.tag is not None and when.tag in tags:
            return rule
        if when.match_below is not None and confidence is not None and confidence < when.match_below:
            return rule
    return None


def words(rule: str) -> str:
    """What staff read for a rule's name."""
    return next((one.say for one in known() if one.rule == rule), rule.replace("_", " "))


@lru_cache
def known() -> tuple[Rule, ...]:
    """Every rule, in the order they are tried. Raises Misconfigured."""
    return parse(_FILE.read_text("utf-8"))


def parse(text: str) -> tuple[Rule, ...]:
    """Read a file of rules; Misconfigured names what is wrong with it."""
    try:
        rules = TypeAdapter(tuple[Rule, ...]).validate_python(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise Misconfigured("the policy rules cannot be read", fix=" ".join(str(error).split())) from error
    names = [rule.rule for rule in rules]
    if len(set(names)) != len(names):
        raise Misconfigured("two policy rules have one name", fix="Name each rule once.")
    return rules
