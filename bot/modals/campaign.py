"""`/recall`: what to launch for whom and why, the preview, and the reason for going on or stopping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks import View, clip, context, input_block, input_text, option, static_select
from bot.campaign import CampaignView, rows
from bot.modals.frame import Submit, chosen, modal, subject_of, typed
from core.errors import Refused

CALLBACK = "campaign.draft.submit"
LAUNCH, ASK, APPROVE = "campaign.launch.submit", "campaign.ask.submit", "campaign.approve.submit"
RESUME, STOP = "campaign.resume.submit", "campaign.stop.submit"

_FORM = "recall"
_COHORT, _PROGRAM = "campaign.draft.cohort", "campaign.draft.program"
_WHY, _WHO = "campaign.draft.reason", "campaign.draft.population"
_HOLDOUT, _REPEAT = "campaign.draft.holdout", "campaign.draft.repeat"
_REASON = "campaign.reason"
HOLDOUTS = (("0", "Nobody: contact everybody"), ("5", "5 %"), ("10", "10 %"), ("20", "20 %"))
MOST, LABEL = 75, 60  # all words of a view together may hold about 12,000 characters
REPEATS = (("0", "Once"), ("7", "Every week"), ("30", "Every 30 days"), ("90", "Every 90 days"))
SUBMITS = {LAUNCH: "Launch", ASK: "Ask for approval", APPROVE: "Approve and launch"}


@dataclass(frozen=True)
class Asked:
    """What somebody filled in. `holdout` is a share; `repeat_days` None is once."""

    cohort: str
    program: str
    reason: str
    population: str
    holdout: float
    repeat_days: int | None


def draft(*, cohorts: Sequence[tuple[str, str]], programs: Sequence[tuple[str, str]], cohort: str = "") -> View:
    """Ask for cohort and program as (value, label), the first 75 of each, and for the reason and the population in words.

    `cohort` is picked already; with one program alone so is that.
    """
    cohorts = sorted(cohorts, key=lambda one: one[0] != cohort)
    asked = _select(_COHORT, cohorts, placeholder="Pick the patients", picked=bool(cohort))
    program = _select(_PROGRAM, programs, placeholder="Pick the program", picked=len(programs) == 1)
    blocks = [
        input_block("Cohort", _COHORT, element=asked),
        input_block("Program", _PROGRAM, element=program),
        input_block("Who are they, in words?", _WHO, element=input_text(_WHO, max_length=300, multiline=False)),
        input_block("Why now?", _WHY, element=input_text(_WHY, max_length=300, multiline=False)),
        _first_of("Hold out to compare", _HOLDOUT, HOLDOUTS),
        _first_of("How often?", _REPEAT, REPEATS),
        context("Nothing is sent yet: next you see who is reached, who is not and why, and what it costs."),
    ]
    return modal("Start a campaign", blocks, case_id=_FORM, submit=Submit("Preview", CALLBACK))


def parse_draft(view: Mapping[str, Any]) -> Asked:
    """Read the filled-in form; Refused with a sentence when something is missing."""
    subject_of(view, CALLBACK)
    repeat = int(chosen(view, _REPEAT, ask="Pick how often."))
    return Asked(
        cohort=chosen(view, _COHORT, ask="Pick a cohort."),
        program=chosen(view, _PROGRAM, ask="Pick a program."),
        reason=typed(view, _WHY) or "",
        population=typed(view, _WHO) or "",
        holdout=int(chosen(view, _HOLDOUT, ask="Pick a holdout.")) / 100,
        repeat_days=repeat or None,
    )


def preview(view: CampaignView, *, submit: str | None, note: str = "") -> View:
    """The preview, with the one thing this person may do next (LAUNCH, ASK, APPROVE), or None."""
    blocks = rows(view)
    if note:
        blocks.append(context(note))
    button = Submit(SUBMITS[submit], submit) if submit else None
    return modal(f"Preview: campaign {view.number}", blocks, case_id=view.campaign_id, submit=button)


def why(campaign_id: str, number: int, *, what: str) -> View:
    """Ask for the reason of going on (RESUME) or of stopping for good (STOP)."""
    title, label, say = {
        RESUME: ("Resume", "Why is it safe to go on?", "It goes on where it stood, spread over the coming days."),
        STOP: (
            "Stop",
            "Why is it stopped?",
            "For good. Who has not answered gets nothing more; conversations under way go on.",
        ),
    }[what]
    asked = input_block(label, _REASON, element=input_text(_REASON, max_length=300, multiline=False))
    return modal(f"{title} campaign {number}", [asked, context(say)], case_id=campaign_id, submit=Submit(title, what))


def parse_why(view: Mapping[str, Any], what: str) -> tuple[str, str]:
    """(campaign id, reason); Refused when it is not that form or says nothing."""
    reason = typed(view, _REASON)
    if not reason:
        raise Refused("Say why. Nothing was changed.")
    return subject_of(view, what), reason


def _options(choices: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    return [option(clip(label, LABEL), value) for value, label in choices[:MOST]]


def _select(name: str, choices: Sequence[tuple[str, str]], *, placeholder: str, picked: bool) -> dict[str, Any]:
    options = _options(choices)
    element = static_select(name, options, placeholder=placeholder)
    return element | {"initial_option": options[0]} if picked else element


def _first_of(label: str, block_id: str, choices: Sequence[tuple[str, str]]) -> dict[str, Any]:
    options = _options(choices)
    element = static_select(block_id, options, placeholder="Pick one") | {"initial_option": options[0]}
    return input_block(label, block_id, element=element)
