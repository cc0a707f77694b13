"""The engine's words: the state it moves, the events it takes, the effects it asks for. All plain frozen data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from workflows.programs.vocabulary import Context, Outcome, Routing

Status = Literal["active", "waiting", "paused", "ended"]
Reach = Literal["asked", "delivered", "called", "lost"]


@dataclass(frozen=True, slots=True)
class State:
    """One enrollment. `entered_at` (UTC) is when the step's clock started: entered, asked, delivered, blocked or resumed.

    `touches` counts what reached the patient or is on its way; a text that came back is taken off again (S24). `reach` is
    what became of this step's own text: None before it is asked; `called` when a person makes the touch; `lost` when no
    text can reach the patient and a person looks for a way. `choice` is the time picked last; `score` the last one given;
    `named_at` the date the patient named ("call me in March").
    """

    step: str | None
    touches: int
    entered_at: datetime | None
    status: Status
    outcome: Outcome | None
    routing: Routing | None
    reach: Reach | None = None
    choice: int | None = None
    score: int | None = None
    named_at: datetime | None = None


class EventKind(StrEnum):
    STARTED = "started"
    REPLY = "reply"
    TIMER = "timer"
    EHR = "ehr"
    CASE = "case"
    OPERATOR = "operator"
    TOUCH_BLOCKED = "touch_blocked"
    TOUCH_FAILED = "touch_failed"
    DELIVERED = "delivered"
    FORM = "form"
    NO_SLOTS = "no_slots"
    BOOKED = "booked"
    SLOT_TAKEN = "slot_taken"
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
    """`name`: the EHR's event ("appointment.booked"), a case's disposition, the operator's verb (resume, pause, withdrawn),
    the form's code, or the interrupt (opted_out, wrong_number, deceased, stopped_by_ehr, withdrawn end; others pause).
    `intents` in the reading's order, `choice` (the digit a reply gave) and `score` belong to replies; `answers`, coded and
    without free text, to forms. A case event is the closing of a case that this enrollment's OpenCase opened, never of another
    (a clinical case resumes by the operator's verb). DELIVERED, TOUCH_BLOCKED and TOUCH_FAILED speak of the text asked in
    `step`; once the enrollment has moved on they change nothing. NO_SLOTS answers an Offer; BOOKED (after the EHR was read
    back) and SLOT_TAKEN answer a Book. `record` is the EHR's record that an EHR event comes from, for the ledger.
    """

    kind: EventKind
    name: str = ""
    intents: tuple[str, ...] = ()
    choice: int | None = None
    score: int | None = None
    asked: Asked | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    step: str | None = None
    record: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine may not look up; every instant is UTC.

    `next_open(after, days)`: the window's opening so many calendar days on (days may be negative); `next_business(after, days)`
    the same for business days. `answers`: coded answers of forms by field; `known`: facts by name, for branches.
    `delivered_at`: when the text of the present step reached the phone, or is presumed to have; `settles_at`: by when that
    will be known, None while the text has not left. `told_at`: when we told the patient of this very visit ourselves.
    """

    appointment_at: datetime | None
    next_open: Callable[[datetime, int], datetime]
    next_business: Callable[[datetime, int], datetime]
    discharge_at: datetime | None = None
    due_at: datetime | None = None
    trigger_at: datetime | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    delivered_at: datetime | None = None
    settles_at: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Plan this program text as touch number `touch`; `context` is what the next reply will be read against.

    `answer`: it answers the patient's own words and is no touch. `form`: {link} leads to this form.
    """

    step: str
    text: str
    touch: int
    context: Context | None
    answer: bool = False
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Find `count` free times and put them in {slots} of the Ask that follows; without any, the engine is told NO_SLOTS."""

    step: str
    count: int


@dataclass(frozen=True, slots=True)
class Book:
    """Book time number `choice` of this enrollment's latest offer; BOOKED or SLOT_TAKEN comes back later."""

    step: str
    choice: int


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


Effect = Ask | Offer | Book | OpenCase | CancelPending | End | Pause | Enter | Leave | Unmatched


@dataclass(frozen=True, slots=True)
class Result:
    state: State
    effects: tuple[Effect, ...]
    wake_at: datetime | None
