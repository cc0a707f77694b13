"""Which buttons a case offers, and in which order: one registry for the card, its More window and the signed-in page.

A new verb is one line in VERBS and its act in `handlers/actions`. What is offered is a courtesy: every act asks role, team, owner and
state again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.tables import Case

CLOSED, BOOKING = "closed", "booking"
RESTING = frozenset({"snoozed", "waiting_patient"})
MOST_BUTTONS, MOST_ENTRIES = 3, 5
MORE = "more"
BOOKED = frozenset(
    {"reschedule", "ready_to_schedule", "call_task", "call_back", "clinical", "opt_out_check", "review", "admin"}
)
"""Kinds a visit can be booked from."""
BOOKED_FIRST = frozenset({"reschedule", "ready_to_schedule", "practice"})
PRACTICE = "practice"
"""Nobody's case: booking and closing are played, and nobody is told of it."""
CALLED_FIRST = frozenset({"red_flag", "clinical", "call_task", "call_back", "interpreter", "tcm_call", "low_score"})
"""Kinds whose owner phones the patient first of all."""
VERDICTS = {"pilot_review": ("pass", "fail"), "approval": ("approve", "refuse")}


BY_ANYBODY = frozenset({"escalate", "reassign"})
"""What a colleague may do who works on such cases but has not this one."""
UNCLAIMED = BY_ANYBODY | {"claim", "pass", "fail", "call_now", "log_call"}
"""What may be done with a case that nobody has; a call makes whoever logs it the owner."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about a case's buttons. `mine` is whether it is the looker's own (a manager counts); None for a card, which all see."""

    kind: str
    state: str
    owned: bool
    contact: bool = False
    """There is a clock of human contact attempts."""
    patient: bool = True
    number: bool = True
    """There is a phone number behind it."""
    mine: bool | None = None

    @property
    def books(self) -> bool:
        """A visit can be booked from it."""
        return self.kind == PRACTICE or (self.kind in BOOKED and self.patient)

    @property
    def verdict(self) -> tuple[str, ...]:
        """Two verbs instead of Close, where the case is a question to answer."""
        return VERDICTS.get(self.kind, ())

    @property
    def workable(self) -> bool:
        """Somebody has it and may act on it."""
        return self.owned and self.mine is not False and self.state not in (CLOSED, BOOKING)

    @property
    def phoned(self) -> bool:
        """Its owner phones the patient before anything else."""
        return self.owned and self.kind in CALLED_FIRST

    @property
    def resting(self) -> bool:
        """Put aside, and may be taken up again."""
        return self.workable and self.state in RESTING

    @property
    def free(self) -> bool:
        """Nobody has it."""
        return self.state == "open" and not self.owned

    @property
    def touchable(self) -> bool:
        """Not over, not being booked, nobody else's; on a card the buttons of an owner are seen by all."""
        return self.workable or (self.free and self.mine is None)


@dataclass(frozen=True, slots=True)
class CaseVerb:
    """One thing to do with a case: its code, the words on its button, what it does in one line, and when it is offered."""

    code: str
    label: str
    explains: str
    when: Callable[[Standing], bool]


@dataclass(frozen=True, slots=True)
class Offered:
    """The card's buttons (the first may be the main one), the entries of its menu, and what More holds."""

    buttons: tuple[CaseVerb, ...]
    main: str | None
    menu: tuple[CaseVerb, ...]
    rest: tuple[CaseVerb, ...]


BUTTONS = ("claim", "pass", "fail", "call_now", "reschedule", "close")
"""What becomes a button, in this order, three at most."""

VERBS = (
    CaseVerb("claim", "Claim", "Take the case: it is yours from then on.", lambda s: s.free),
    CaseVerb("pass", "Pass", "The run went as it should.", lambda s: "pass" in s.verdict and s.touchable),
    CaseVerb("fail", "Fail", "Say what was wrong with the run.", lambda s: "fail" in s.verdict and s.touchable),
    CaseVerb("reschedule", "Reschedule", "Pick a free time of the EHR.", lambda s: s.books and s.touchable),
    CaseVerb("close", "Close", "Say how it ended.", lambda s: s.touchable and (not s.verdict or s.mine is True)),
    CaseVerb("reply", "Reply", "Write a text to the patient.", lambda s: s.workable and (s.number or s.patient)),
    CaseVerb("log_call", "Log a call", "Write down how a call went.", lambda s: s.touchable and s.patient),
    CaseVerb("snooze", "Snooze", "Put it aside until a time; it comes back by itself.", lambda s: s.workable),
    CaseVerb("resume", "Take up again", "The wait is over: work on it now.", lambda s: s.resting),
    CaseVerb("open", "Open", "What happened so far, and the whole conversation.", lambda s: s.state != CLOSED),
    CaseVerb("reassign", "Reassign", "Hand it to a colleague or another team.", lambda s: s.touchable),
    CaseVerb("release", "Release", "Give it back to the team: nobody's again.", lambda s: s.workable and not s.resting),
    CaseVerb(
        "call_now", "Call now", "The number to dial; that you call is logged.", lambda s: s.touchable and s.number
    ),
    CaseVerb(
        "waiting",
        "Waiting for the patient",
        "It rests until they answer.",
        lambda s: s.workable and s.patient and s.state != "waiting_patient",
    ),
    CaseVerb(
        "escalate",
        "Escalate",
        "More urgent, and whoever can help is told.",
        lambda s: s.touchable and s.kind != PRACTICE,
    ),
    CaseVerb(
        "wrong_number",
        "Mark wrong number",
        "No more texts to it; the chart is corrected.",
        lambda s: s.workable and s.number,
    ),
    CaseVerb(
        "recap",
        "Send recap",
        "An approved text with the link, the recap or the next step; a promise counts as kept.",
        lambda s: s.workable and s.patient,
    ),
    CaseVerb(
        "correct",
        "Correct the reading",
        "Say what a text really meant, on the signed-in page.",
        lambda s: s.workable and s.number,
    ),
    CaseVerb(
        "link",
        "Link or merge",
        "Another case of the same patient: show both numbers, or let this one go on for both.",
        lambda s: s.workable and s.patient,
    ),
    CaseVerb(
        "approval", "Request approval", "Ask a manager or clinician with one click.", lambda s: s.workable and s.patient
    ),
)
"""In the order of the menu: what is done most often comes first."""

EVERYTHING_ELSE = CaseVerb(MORE, "More…", "All that can be done with it.", lambda s: s.state != CLOSED)


def of(case: "Case", *, mine: bool | None = None, contact: bool = False) -> Standing:
    """How a case stands; `contact` where it has a clock of contact attempts."""
    return Standing(
        kind=case.kind,
        state=case.state,
        owned=case.owner_id is not None,
        contact=contact,
        patient=case.patient_id is not None,
        number=case.number_id is not None,
        mine=mine,
    )


def offered(standing: Standing) -> tuple[CaseVerb, ...]:
    """Everything that may be done now, in the registry's order."""
    return tuple(verb for verb in VERBS if verb.when(standing))


def at_hand(case: "Case", *, mine: bool, contact: bool = False) -> tuple[CaseVerb, ...]:
    """What one person may do with a case on its page: only that which is taken when they press it. `mine` counts for a manager too."""
    if case.owner_id is not None and mine:
        return offered(of(case, mine=True, contact=contact))
    allowed = UNCLAIMED if case.owner_id is None else BY_ANYBODY
    return tuple(verb for verb in offered(of(case, contact=contact)) if verb.code in allowed)


def by_code(code: str) -> CaseVerb:
    """One verb of the registry; KeyError when there is none."""
    return {verb.code: verb for verb in VERBS}[code]


def arranged(standing: Standing) -> Offered:
    """The same as a card shows it: at most three buttons, at most five entries of a menu, the rest under More."""
    verbs = {verb.code: verb for verb in offered(standing)}
    first = [code for code in BUTTONS if code in verbs and (code != "call_now" or standing.phoned)]
    buttons = tuple(verbs[code] for code in first)[:MOST_BUTTONS]
    others = tuple(verb for verb in verbs.values() if verb not in buttons)
    if len(others) <= MOST_ENTRIES:
        return Offered(buttons, _main(standing, buttons), others, ())
    menu, rest = others[: MOST_ENTRIES - 1], others[MOST_ENTRIES - 1 :]
    return Offered(buttons, _main(standing, buttons), (*menu, EVERYTHING_ELSE), rest)


def _main(standing: Standing, buttons: tuple[CaseVerb, ...]) -> str | None:
    """The one that is asked for most: to take a free case, then what its kind is for."""
    codes = [verb.code for verb in buttons]
    if "claim" in codes:
        return "claim"
    if standing.verdict:
        return standing.verdict[0]
    if standing.kind in BOOKED_FIRST and "reschedule" in codes:
        return "reschedule"
    return "call_now" if "call_now" in codes else None
