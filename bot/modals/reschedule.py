"""Pick a new time. Choices are coded slots, so the form holds nothing of the patient but the line it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from bot import times
from bot.blocks import Block, Element, View, context, escape, input_block, option, radio, section
from bot.modals.frame import Submit, case_id_of, chosen, modal
from bot.modals.notice import message

CALLBACK = "case.reschedule.submit"
MOST_SLOTS = 8

_SLOT = "case.reschedule.slot"


@dataclass(frozen=True)
class SlotChoice:
    """A free slot of the EHR: its id, aware start and end, and who sees the patient."""

    id: str
    start: datetime
    end: datetime
    who: str


@dataclass(frozen=True)
class Asking:
    """What the form says around the choices; `asked` is coded, `zone` the site's.

    `patient_line` is shown as given: None below phi level initials.
    """

    case_id: str
    number: int
    asked: str | None
    now: datetime
    zone: tzinfo
    patient_line: str | None = None
    practice: bool = False
    """The times are made up, and nobody is texted."""


@dataclass(frozen=True)
class Submission:
    """The slot somebody picked; whether it is still free is for the service to decide."""

    case_id: str
    slot_id: str


def build(asking: Asking, slots: Sequence[SlotChoice]) -> View:
    """Offer the first 8 of `slots` (nearest the asked time first), by time; with none, say so and offer no button."""
    title = f"Case {asking.number}: new time"
    free = sorted([slot for slot in slots if slot.start > asking.now][:MOST_SLOTS], key=lambda slot: slot.start)
    if not free:
        return message(title, _nothing_free(asking), case_id=asking.case_id)
    choices = radio(_SLOT, [_choice(slot, asking.zone) for slot in free])
    return modal(
        title,
        [*_above(asking), input_block("Free times", _SLOT, element=choices), context(_below(asking))],
        case_id=asking.case_id,
        submit=Submit("Book", CALLBACK),
    )


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form (`view` of Slack's view_submission); Refused with a sentence when it is not one of ours."""
    return Submission(case_id_of(view, CALLBACK), chosen(view, _SLOT, ask="Pick a time."))


def _choice(slot: SlotChoice, zone: tzinfo) -> Element:
    return option(times.moment(slot.start, zone), slot.id, description=slot.who)


def _above(asking: Asking) -> list[Block]:
    asked = f"The patient asked for: {asking.asked}" if asking.asked else ""
    return [section(escape(line)) for line in (asking.patient_line, asked) if line]


def _below(asking: Asking) -> str:
    if asking.practice:
        return "This is practice: the times are made up. Book asks no EHR and texts nobody."
    seen = times.moment_near(asking.now, asking.zone, now=asking.now)
    return f"Clinic time ({escape(str(asking.zone))}), free as of {seen}. Book sends the patient a confirmation."


def _nothing_free(asking: Asking) -> list[str]:
    asked = f" near {asking.asked}" if asking.asked else ""
    return [f"There is no free time{asked} in the EHR. Nothing was booked.", "Call the patient, or try again later."]
