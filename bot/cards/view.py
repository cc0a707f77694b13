"""What a card is drawn from: facts that are true now, handed in; drawing asks nobody and decides nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from bot.blocks import Message


class Priority(StrEnum):
    EMERGENCY = "emergency"
    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"


class State(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    BOOKING = "booking"
    SNOOZED = "snoozed"
    WAITING_PATIENT = "waiting_patient"
    CLOSED = "closed"


class Writeback(StrEnum):
    PENDING = "pending"
    SYNCED = "synced"
    NEEDS_MANUAL = "needs manual"
    HELD = "held"


class PhiLevel(StrEnum):
    """What Slack may see of a patient (docs/architecture.md §4); at `none` there is no PhiView at all."""

    INITIALS = "initials"
    FULL = "full"


@dataclass(frozen=True, repr=False)
class PhiView:
    """Who it is about. Name, body and visit are drawn at level full only, whatever is handed in. No repr: never in a log."""

    level: PhiLevel
    initials: str
    age_band: str | None = None
    name: str | None = None
    body: str | None = None
    visit_day: str | None = None
    visit: str | None = None
    """The visit it is about, with time and provider; the day alone is drawn below full."""


@dataclass(frozen=True)
class CardView:
    """One case at one moment. Times are aware; `reason`, `asked`, `outcome` are codes in words, never patient text;
    `said` is what stands in the way and is asked for, in our codes' words; `paged` is who was called about it,
    `warning` what must be known before acting;
    `contact` is where the clock of human contact attempts stands, None for a case that has none; `attempt` the call that is next,
    "2 of 3".
    """

    case_id: str
    number: int
    kind: str
    priority: Priority
    reason: str
    team: str
    due_at: datetime
    opened_at: datetime
    now: datetime
    zone: tzinfo
    state: State
    writeback: Writeback = Writeback.PENDING
    program_title: str | None = None
    step: str | None = None
    asked: str | None = None
    owner_slack_id: str | None = None
    owner_name: str | None = None
    claimed_at: datetime | None = None
    outcome: str | None = None
    closed_at: datetime | None = None
    booked_for: datetime | None = None
    note_kept: bool = False
    contact: str | None = None
    attempt: str | None = None
    snoozed_until: datetime | None = None
    said: str | None = None
    paged: str | None = None
    warning: str | None = None
    phi: PhiView | None = None
    linked: tuple[str, ...] = ()
    """Numbers of the cases that belong to it."""
    patient: bool = True
    number_known: bool = True
    """Whether the case has a patient, and a phone number; each opens more to do."""


@dataclass(frozen=True)
class Card:
    """The way one kind of case is drawn; a file in this folder exports one as `CARD`."""

    kind: str
    build: Callable[[CardView], Message]
