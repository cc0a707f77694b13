"""Settings: what an admin may change, a line each with its button, and the frame that the forms behind it share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.blocks import Block, View, actions, button, clip, context, divider, escape, section
from bot.modals.frame import STALE, Submit, modal
from core.errors import Refused

OPEN = "settings.open"
PREFIX = "settings.area."
LINE_SHOWN, TITLE_SHOWN = 190, 60
MOST_LINES = 40  # a window holds 12,000 characters
TITLE = "Settings"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to change: what it is, how it stands now, and the button that leads there ("" where there is none)."""

    title: str
    stands: str
    action: str = ""
    value: str = "settings"
    label: str = "Change"


def page(title: str, lines: Sequence[Line], *, said: str = "", back: str = "", below: str = "") -> View:
    """A list of lines; `said` is what just happened, `back` the action of a button to the list before."""
    blocks: list[Block] = [section(f":white_check_mark: {escape(clip(said, LINE_SHOWN))}")] if said else []
    blocks += [_line(one) for one in lines[:MOST_LINES]]
    if below:
        blocks.append(context(escape(below)))
    if back:
        blocks += [divider(), actions(button("Back", back, value="settings"))]
    return modal(title, blocks)


def form(title: str, blocks: Sequence[Block], *, about: str, submit: Submit, wrong: str = "") -> View:
    """A form for `about` ("code:mark", as `subject` reads it); `wrong` is said on top."""
    above: list[Block] = [section(f":warning: {escape(clip(wrong, LINE_SHOWN))}")] if wrong else []
    return modal(title, [*above, *blocks], submit=submit) | {"private_metadata": about}


def subject(view: Mapping[str, object], callback_id: str) -> tuple[str, str]:
    """(what the form is about, the mark of what it showed); Refused when it is not the form `callback_id` names."""
    about = view.get("private_metadata")
    if view.get("callback_id") != callback_id or not isinstance(about, str) or ":" not in about:
        raise Refused(STALE)
    code, _, mark = about.rpartition(":")
    return code, mark


def _line(one: Line) -> Block:
    made = section(f"*{escape(clip(one.title, TITLE_SHOWN))}*\n{clip(one.stands, LINE_SHOWN)}")
    return made | {"accessory": button(one.label, one.action, value=one.value)} if one.action else made
