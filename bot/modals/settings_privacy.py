"""What Slack may see of patients; to show more takes a second press that says what will stand there."""

from collections.abc import Mapping
from typing import Any

from bot.blocks import View, begun, checkboxes, context, input_block, option, radio, section
from bot.modals import settings
from bot.modals.frame import Submit, chosen, chosen_many
from core.errors import Refused

CALLBACK = "settings.privacy.submit"
RAISE = "settings.privacy.raise.submit"

_LEVEL, _BAA = "settings.privacy.level", "settings.privacy.baa"
LEVELS = {
    "none": ("Nothing", "Case numbers and codes. Patients are read on Careloop's own page."),
    "initials": ("Initials", "Initials and age band on cards; the conversation in windows."),
    "full": ("Names", "Names on cards, texts in threads, all in windows."),
}
WILL_BE = {
    "initials": (
        "Cards in the teams' channels will show initials and age band. Windows will show the conversation to whoever may work on the "
        "case. Everybody in a channel sees its cards, and Slack keeps them."
    ),
    "full": (
        "Cards in the teams' channels will show *patients' names*. Threads will hold the texts that patients and colleagues write. "
        "Everybody in a channel sees them, Slack keeps them, and so may apps that read the channel."
    ),
}


def build(level: str) -> View:
    """The three levels, with the one in force picked."""
    choices = [option(name, code, description=says[:75]) for code, (name, says) in LEVELS.items()]
    blocks = [
        input_block("Slack may see of patients", _LEVEL, element=begun(radio(_LEVEL, choices), level)),
        context("Less takes effect at once. For more you are asked once again. All open cards are drawn anew."),
    ]
    return settings.form("What Slack may see", blocks, about=f"level:{level}", submit=Submit("Save", CALLBACK))


def ask(level: str, *, seen: str, attested: bool) -> View:
    """The second press: what will be in Slack; without the attestation on file a box to tick."""
    box = option("Slack is under a BAA with us that covers this workspace", "baa")
    asked = [input_block("You attest, in your name", _BAA, element=checkboxes(_BAA, [box]))]
    blocks = [
        section(WILL_BE[level]),
        *(asked if level == "full" and not attested else []),
        context("Who changed this, and when, is kept on the audit."),
    ]
    return settings.form("Show more in Slack?", blocks, about=f"{level}:{seen}", submit=Submit("Show more", RAISE))


def parse_submission(view: Mapping[str, Any]) -> tuple[str, str]:
    """(the level picked, the level the form was opened at); Refused when it is not one of ours."""
    _, seen = settings.subject(view, CALLBACK)
    return _known(chosen(view, _LEVEL, ask="Pick what Slack may see.")), seen


def parse_raise(view: Mapping[str, Any]) -> tuple[str, str, bool]:
    """(the level, the level before, whether the box was ticked)."""
    level, seen = settings.subject(view, RAISE)
    return _known(level), seen, bool(chosen_many(view, _BAA))


def _known(level: str) -> str:
    if level not in LEVELS:
        raise Refused("That is no level. Nothing was changed.")
    return level
