"""What every modal shares, going out and coming back: `private_metadata` is the case's id and nothing else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.blocks import Block, View, plain
from core import ids
from core.errors import Refused

STALE = "This form is out of date. Nothing was changed. Open it again from the card."


@dataclass(frozen=True)
class Submit:
    """The button that sends a form, and the callback that receives it."""

    label: str
    callback_id: str


def modal(title: str, blocks: Sequence[Block], *, case_id: str = "", submit: Submit | None = None) -> View:
    """A modal; without `submit` it only informs. Slack shows 24 characters of the title."""
    view: View = {
        "type": "modal",
        "title": plain(title, 24),
        "close": plain("Cancel" if submit else "Close", 24),
        "blocks": list(blocks),
    }
    if case_id:
        view["private_metadata"] = case_id
    if submit:
        view |= {"submit": plain(submit.label, 24), "callback_id": submit.callback_id}
    return view


def case_id_of(view: Mapping[str, Any], callback_id: str) -> str:
    """The case a submitted form is about; Refused when it is not the form `callback_id` names, or names no case."""
    case_id = view.get("private_metadata")
    if view.get("callback_id") != callback_id or not isinstance(case_id, str):
        raise Refused(STALE)
    ids.parse("cas", case_id)
    return case_id


def subject_of(view: Mapping[str, Any], callback_id: str) -> str:
    """The id or code a form that is about no case was opened for; Refused when it is not the form `callback_id` names."""
    subject = view.get("private_metadata")
    if view.get("callback_id") != callback_id or not isinstance(subject, str) or not subject:
        raise Refused(STALE)
    return subject


def chosen(view: Mapping[str, Any], block_id: str, *, ask: str) -> str:
    """The value picked in a select or radio; Refused with `ask` ("Pick a time.") when there is none."""
    option = _answer(view, block_id).get("selected_option")
    value = option.get("value") if isinstance(option, Mapping) else None
    if not isinstance(value, str) or not 1 <= len(value) <= 150:
        raise Refused(f"{ask} Nothing was changed.")
    return value


def picked(view: Mapping[str, Any], block_id: str, what: str) -> str | None:
    """The day, time, colleague or channel (`what`: date, time, user, conversation) that was picked; None when none was."""
    value = _answer(view, block_id).get(f"selected_{what}")
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 32:
        raise Refused(STALE)
    return value or None


def chosen_if_any(view: Mapping[str, Any], block_id: str) -> str | None:
    """The value picked in an optional select; None when there is none."""
    option = _answer(view, block_id).get("selected_option")
    return chosen(view, block_id, ask="Pick one of the list.") if isinstance(option, Mapping) else None


def chosen_many(view: Mapping[str, Any], block_id: str) -> list[str]:
    """The values picked in a select of several, or ticked; none when nothing was."""
    options = _answer(view, block_id).get("selected_options")
    found = [one.get("value") for one in options if isinstance(one, Mapping)] if isinstance(options, list) else []
    return [value for value in found if isinstance(value, str) and 1 <= len(value) <= 150]


def typed(view: Mapping[str, Any], block_id: str) -> str | None:
    """What was typed, trimmed; None when the field is empty or not on the form."""
    value = _answer(view, block_id).get("value")
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 3000:
        raise Refused(STALE)
    return value.strip() or None


def picked_moment(view: Mapping[str, Any], block_id: str, *, ask: str) -> datetime:
    """The instant picked, UTC; Refused with `ask` when there is none."""
    value = _answer(view, block_id).get("selected_date_time")
    if not isinstance(value, int) or not 0 < value < 10_000_000_000:
        raise Refused(f"{ask} Nothing was changed.")
    return datetime.fromtimestamp(value, UTC)


def handed_over(view: Mapping[str, Any], block_id: str, *, ask: str) -> str:
    """The id of the one file handed over; Refused with `ask` when there is none."""
    files = _answer(view, block_id).get("files")
    first = files[0] if isinstance(files, list) and files else None
    found = first.get("id") if isinstance(first, Mapping) else None
    if not isinstance(found, str) or not re.fullmatch(r"F[A-Z0-9]{2,30}", found):
        raise Refused(f"{ask} Nothing was changed.")
    return found


def _answer(view: Mapping[str, Any], block_id: str) -> Mapping[str, Any]:
    """The answer under `block_id`, empty when absent. Our forms have one element a block, named like the block."""
    found: Any = view
    for key in ("state", "values", block_id, block_id):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
