"""One modelled enrollment and one modelled number, as they stand."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from workflows import engine, floor, windows
from workflows.effects import Ask, Facts, OpenCase, State
from workflows.simulation.people import Person

ASKING = ("asked", "delivered")  # its text has left and nobody has answered
SUPERSEDED = "call_task"  # a touch that a person makes by phone is nobody's work once the program goes on


@dataclass
class Number:
    """What belongs to a number, not to a patient: caps, opt-out, the first text. `lost`: a text came back from it."""

    dead: bool = False
    lost: bool = False
    sent_at: list[datetime] = field(default_factory=list)
    suppressed: bool = False
    texted: bool = False


@dataclass
class Life:
    """One enrollment on the way. `turn` grows with each event: a timer set before is not for this state."""

    person: Person
    facts: Facts
    state: State = engine.NEW
    wake_at: datetime | None = None
    turn: int = 0
    planned: int = 0  # texts planned so far; those up to `revoked` were taken back
    revoked: int = 0
    opened: int = 0
    open_cases: dict[int, str] = field(default_factory=dict)  # number → kind
    missing: bool = False  # the one case about a patient whom no text reaches
    due: dict[int, datetime] = field(
        default_factory=dict
    )  # by number of a text that has not left: when it is judged next

    def now_asking(self, at: datetime | None, *, settles_at: datetime | None = None) -> None:
        """What became of the present step's text, for the engine: it has not arrived (None), or did at `at`."""
        self.facts = replace(self.facts, delivered_at=at, settles_at=settles_at)

    def question(self, priority: int, at: datetime) -> floor.Question | None:
        """What this enrollment has asked and waits to hear, if anything (`floor.ASKED`)."""
        left = self.facts.delivered_at is not None or self.facts.settles_at is not None
        if self.state.status != "waiting" or self.state.reach not in ASKING or not left or not self.wake_at:
            return None
        if self.wake_at <= at:
            return None
        return floor.Question(self.person.no, self.person.no, self.person.number, priority, self.wake_at)

    def opens(self, case: OpenCase) -> int | None:
        """The case's number with this patient; None when it is the same matter as one that is open (as `enrollments` decides)."""
        for number in [n for n, kind in self.open_cases.items() if kind == SUPERSEDED]:
            del self.open_cases[number]
        if case.kind == "missing_contact" and "missing_contact" in self.open_cases.values():
            return None
        self.opened += 1
        self.open_cases[self.opened] = case.kind
        return self.opened


@dataclass(frozen=True, slots=True)
class Planned:
    """A text on its way to leave: number `number` of its enrollment, planned at `since`."""

    life: Life
    ask: Ask
    number: int
    since: datetime


def facts(person: Person, *, started: datetime, appointment_at: datetime | None) -> Facts:
    """What the engine goes by: visits, triggers and discharges of modelled patients are as old as their enrollment."""
    where = person.where
    return Facts(
        appointment_at=appointment_at,
        next_open=lambda after, days: windows.next_day_open(where, after, days),
        next_business=lambda after, days: windows.next_business_open(where, after, days),
        discharge_at=started,
        due_at=started,
        trigger_at=started,
        known={"language": person.language},
    )
