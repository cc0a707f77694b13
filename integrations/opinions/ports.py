"""What every language model is asked, and what it may answer, whatever the vendor behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.errors import Permanent, Temporary

URGENCIES = ("emergency", "urgent", "clinical", "admin", "none")


@dataclass(frozen=True, slots=True)
class Account:
    """One organisation's model: base address with the version in it, e.g. https://api.anthropic.com/v1."""

    base_url: str
    model: str
    key: str = field(repr=False)
    timeout_s: float = 4.0


@dataclass(frozen=True, slots=True)
class Question:
    """A patient's redacted text, and which question of ours it may answer."""

    text: str = field(repr=False)
    context: str | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """`urgency` is one of URGENCIES; `unsure` asks for a person."""

    urgency: str
    unsure: bool


class Later(Temporary):
    """No answer this time; another try may get one. `code`: timeout, unreachable, resting, or http_ and the status."""

    def __init__(self, code: str, *, retry_after_s: float) -> None:
        super().__init__(code, retry_after_s=retry_after_s)
        self.code = code


class NoOpinion(Permanent):
    """No answer that can be used, and no other try would change that. `code`: nonsense, or http_ and the status."""

    def __init__(self, code: str) -> None:
        super().__init__(code, code=code)


class Reader(Protocol):
    """A model behind an address."""

    def ask(self, question: Question) -> Opinion:
        """Ask once, within seconds. Raises Later and NoOpinion; whatever it says, only an Opinion comes back."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file of this folder exports as `READER`."""

    name: str
    connect: Callable[[Account], Reader]


def opinion(said: Any) -> Opinion:
    """The answer as it has to be, to the letter. Raises NoOpinion for anything else."""
    if (
        not isinstance(said, dict)
        or said.keys() != {"urgency", "unsure"}
        or said["urgency"] not in URGENCIES
        or not isinstance(said["unsure"], bool)
    ):
        raise NoOpinion("nonsense")
    return Opinion(said["urgency"], said["unsure"])
