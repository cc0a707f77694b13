"""The engine's words: the state it moves, the events it takes, the effects it asks for. All plain frozen data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from workflows.programs.vocabulary import Context, Outcome, Routing

Status = Literal["active", "waiting", "paused", "ended"]


@dataclass(frozen=True, slots=True)
class State:
    """One enrollment. `entered_at` (UTC) is when the step's clock started: entered, asked, blocked or resumed."""

    step: str | None
    touches: int
    entered_at: datetime | None
    status: Status
    outcome: Outcome | None
    routing: Routing | None


class EventKind(StrEnum):
    STARTED = "started"
    REPLY = "reply"
    TIMER = "timer"
    EHR = "ehr"
    CASE = "case"
    OPERATOR = "operator"
    TOUCH_BLOCKED = "touch_blocked"
    TOUCH_FAILED = "touch_failed"
    INTERRUPT = "interrupt"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply asked for, coded: "Tue 12–17", its span in UTC, and the message that said it. The engine hands it on unread."""

    label: str | None
    start: datetime | None
    end: datetime | None
    message_id: UUID


@dataclass(frozen=True, slots=True)
class Event:
    """`name`: the EHR's event ("appointment.booked"), a case's disposition, the operator's verb (resume, pause, withdrawn)
    or the interrupt (opted_out, wrong_number, deceased, stopped_by_ehr, withdrawn end; clinical and others pause).
    `intents` in the reading's order and `choice`, the digit a reply gave, belong to replies. A case event is the closing of
    a case that this enrollment's OpenCase opened, never of another (a clinical case resumes by the operator's verb).
    """

    kind: EventKind
    name: str = ""
    intents: tuple[str, ...] = ()
    choice: int | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine may not look up: the appointment's start, and windows as `next_open(after, calendar days)`.

    Days may be negative. Both speak UTC.
    """

    appointment_at: datetime | None
    next_open: Callable[[datetime, int], datetime]


@dataclass(frozen=True, slots=True)
class Ask:
    """Plan this program text as touch number `touch`; `context` is what the next reply will be read against."""

    step: str
    text: str
    touch: int
    context: Context | None


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Open work for a person; `due` is a business-time spec, resolved in the team's zone."""

    kind: str
    team: str
    priority: str
    due: str
    step: str


@dataclass(frozen=True, slots=True)
class CancelPending:
    """Cancel this enrollment's asks that have not left; answers, confirmations and safety texts are not asks."""


@dataclass(frozen=True, slots=True)
class End:
    outcome: Outcome
    routing: Routing


@dataclass(frozen=True, slots=True)
class Pause:
    reason: str


@dataclass(frozen=True, slots=True)
class Enter:
    step: str


@dataclass(frozen=True, slots=True)
class Leave:
    step: str
    how: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The reply fits nothing the step offers: a person reads it."""


Effect = Ask | OpenCase | CancelPending | End | Pause | Enter | Leave | Unmatched


@dataclass(frozen=True, slots=True)
class Result:
    state: State
    effects: tuple[Effect, ...]
    wake_at: datetime | None
