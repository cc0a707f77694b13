"""Start a program for one patient by hand (S15): program, patient by id, reason and population."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.blocks import View, context, input_block, input_text, option, static_select
from bot.modals.frame import STALE, Submit, chosen, modal, typed
from core.errors import Refused

CALLBACK = "outreach.start.submit"

_PROGRAM = "outreach.start.program"
_PATIENT = "outreach.start.patient"
_REASON = "outreach.start.reason"
_POPULATION = "outreach.start.population"


@dataclass(frozen=True)
class Submission:
    """What was filled in. `patient` is an id as typed: no repr."""

    program: str
    patient: str = field(repr=False)
    reason: str
    population: str


def build(*, programs: Sequence[tuple[str, str]], reasons: Mapping[str, str], mrn_allowed: bool) -> View:
    """Offer live programs as (code, title). At phi level none Slack gets no medical record number."""
    by = "MRN, EHR id or case number" if mrn_allowed else "EHR id or case number"
    choices = [option(title, code) for code, title in programs]
    patient = input_text(_PATIENT, multiline=False, max_length=64)
    population = input_text(_POPULATION, multiline=False, max_length=40)
    blocks = [
        input_block("Program", _PROGRAM, element=static_select(_PROGRAM, choices, placeholder="Pick a program")),
        input_block(f"Patient ({by}, no names)", _PATIENT, element=patient),
        input_block(
            "Reason",
            _REASON,
            element=static_select(_REASON, [option(w, c) for c, w in reasons.items()], placeholder="Pick a reason"),
        ),
        input_block("Population or segment, in a few words", _POPULATION, element=population),
        context("Reason and population are kept with the start and shown by `/outreach why`."),
    ]
    return modal("Start a program", blocks, submit=Submit("Start", CALLBACK))


def parse_submission(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form; Refused with a sentence when it is not ours or a field is empty."""
    if view.get("callback_id") != CALLBACK:
        raise Refused(STALE)
    patient, population = typed(view, _PATIENT), typed(view, _POPULATION)
    if not patient or not population:
        raise Refused("Name the patient by id, and the population. Nothing was started.")
    return Submission(
        program=chosen(view, _PROGRAM, ask="Pick a program."),
        patient=patient,
        reason=chosen(view, _REASON, ask="Pick a reason."),
        population=population,
    )
