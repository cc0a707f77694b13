"""What a simulated run leaves behind."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """One text that left: the patient, the program's step, the touches so far, the instant (UTC) and its segments."""

    patient: int
    step: str
    touch: int
    at: datetime
    segments: int


@dataclass(frozen=True, slots=True)
class Opened:
    """One case that opened."""

    patient: int
    team: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What a patient answered, when it came in."""

    patient: int
    at: datetime
    words: str


@dataclass
class Run:
    """Everything that happened."""

    sent: list[Sent] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    ended: dict[int, tuple[str, datetime]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)  # not sent, by the gate's rule
