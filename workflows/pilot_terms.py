"""What a pilot has to show before it may grow: sizes, sampling and thresholds. Pure arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from core.errors import Misconfigured
from workflows.intervals import wilson


@dataclass(frozen=True, slots=True)
class Terms:
    """Runs 1 to `review_all` are all looked at, then one in `sample_every` up to `runs`; after that the gate is locked.

    `hold`: a run waits for its reviewer before the first text; otherwise it is looked at when it is over. `pass_rate` is
    compared with the lower end of the 95 % interval, so that few verdicts prove little.
    """

    runs: int = 100
    review_all: int = 50
    sample_every: int = 5
    hold: bool = False
    min_reviewed: int = 50
    pass_rate: float = 0.8
    opt_out_rate: float = 0.05
    team: str = "front_office"

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Terms":
        """From the organisation's settings or a pilot's row. Raises Misconfigured for a name or a number that cannot be."""
        known = {field.name: type(field.default) for field in fields(cls)}
        for name, value in said.items():
            if name not in known or not isinstance(value, int | float if known[name] is float else known[name]):
                raise Misconfigured(
                    f"pilot: {name!r} cannot be used", fix="docs/pilot.md lists what a pilot can be told."
                )
        made = cls(**said)
        if not 1 <= made.review_all <= made.runs or made.sample_every < 1 or not 0 < made.pass_rate < 1:
            raise Misconfigured("pilot: these numbers leave nothing to review", fix="See docs/pilot.md.")
        return made

    def looks_at(self, run_no: int) -> bool:
        """Whether this run gets a reviewer's verdict."""
        return run_no <= self.review_all or (run_no <= self.runs and run_no % self.sample_every == 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a pilot is doing: runs given out, runs over, verdicts, red flags that automation missed, opt-outs."""

    terms: Terms
    runs: int
    ended: int
    reviewed: int
    passed: int
    red_flags_missed: int
    opted_out: int

    @property
    def floor(self) -> float:
        """The lower end of the pass rate's 95 % interval."""
        return wilson(self.reviewed, self.passed)[0]

    def to_do(self) -> list[str]:
        """What still stands between this pilot and its approval, in words; empty when a manager may approve."""
        terms = self.terms
        left = []
        if self.reviewed < terms.min_reviewed:
            left.append(f"{terms.min_reviewed - self.reviewed} more verdicts")
        elif self.floor < terms.pass_rate:
            left.append(
                f"a pass rate that is surely {terms.pass_rate:.0%} ({self.passed} of {self.reviewed} passed, "
                f"surely {self.floor:.0%})"
            )
        if self.red_flags_missed:
            left.append(
                f"no missed red flag ({self.red_flags_missed} so far: publish a better version, then begin again)"
            )
        if self.ended and self.opted_out / self.ended > terms.opt_out_rate:
            left.append(f"opt-outs at {terms.opt_out_rate:.0%} or less ({self.opted_out} of {self.ended})")
        return left
