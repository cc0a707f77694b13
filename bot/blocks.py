"""Block Kit as plain dicts, made so that Slack's limits hold (docs.slack.dev/reference/block-kit).

Words for people are cut to fit, with an ellipsis; ids and values are never cut: too long is our mistake and raises.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

Block: TypeAlias = dict[str, Any]
Element: TypeAlias = dict[str, Any]
View: TypeAlias = dict[str, Any]
Style: TypeAlias = Literal["primary", "danger"]

MAX_OPTIONS = 100
MAX_RADIO_OPTIONS = 10


@dataclass(frozen=True)
class Message:
    """A Slack message: `text` is the push notification (generic words only), `blocks` what the channel shows."""

    text: str
    blocks: tuple[Block, ...]


def escape(text: str) -> str:
    """Make any text safe inside mrkdwn: no mention, link or `<!channel>` can be smuggled in."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clip(text: str, limit: int) -> str:
    """Cut to `limit` characters, ellipsis included, never inside an entity (`&amp;`) or a mention (`<@U1>`)."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    for opening, closing, longest in (("<", ">", 40), ("&", ";", 5)):
        start = kept.rfind(opening)
        if start > kept.rfind(closing) and closing in text[start : start + longest]:
            kept = kept[:start]
    return kept.rstrip() + "…"


def plain(text: str, limit: int) -> Element:
    """A plain_text object; `:words:` in colons stay as typed. Slack refuses empty text, so a blank becomes a dash."""
    return {"type": "plain_text", "text": clip(text.strip() or "–", limit), "emoji": False}


def mrkdwn(text: str, limit: int = 3000) -> Element:
    """A mrkdwn object from text that is already safe (`escape` what others wrote); nothing in it is auto-linked."""
    return {"type": "mrkdwn", "text": clip(text.strip() or "–", limit), "verbatim": True}


def header(text: str) -> Block:
    """The card's first line, plain text, at most 150 characters."""
    return {"type": "header", "text": plain(text, 150)}


def section(text: str) -> Block:
    """A paragraph of safe mrkdwn, at most 3000 characters."""
    return {"type": "section", "text": mrkdwn(text)}


def fields(*pairs: tuple[str, str]) -> Block:
    """Two columns of label and value; values are safe mrkdwn, at most 10 pairs of 2000 characters."""
    _within(len(pairs), 10, "fields in a section")
    return {"type": "section", "fields": [mrkdwn(f"*{escape(label)}*\n{value}", 2000) for label, value in pairs]}


def context(*texts: str) -> Block:
    """Small grey lines of safe mrkdwn, at most 10."""
    _within(len(texts), 10, "elements in a context")
    return {"type": "context", "elements": [mrkdwn(text, 2000) for text in texts]}


def divider() -> Block:
    """A thin rule between two parts."""
    return {"type": "divider"}


def actions(*elements: Element) -> Block:
    """A row of buttons and menus, at most 25."""
    _within(len(elements), 25, "elements in actions")
    return {"type": "actions", "elements": list(elements)}


def button(label: str, action_id: str, *, value: str, style: Style | None = None) -> Element:
    """A button whose `value` is a record id and nothing else: Slack keeps values, and other apps can read them."""
    made: Element = {"type": "button", "text": plain(label, 75), "action_id": _id(action_id), "value": _id(value, 2000)}
    return made | {"style": style} if style else made


def option(label: str, value: str, *, description: str = "") -> Element:
    """A choice; `value` is a code of at most 150 characters, the words at most 75."""
    made: Element = {"text": plain(label, 75), "value": _id(value, 150)}
    return made | {"description": plain(description, 75)} if description.strip() else made


def group(label: str, options: Sequence[Element]) -> Element:
    """Options under a heading of their own in a select; at most 100."""
    _within(len(options), MAX_OPTIONS, "options in a group")
    return {"label": plain(label, 75), "options": list(options)}


def overflow(action_id: str, options: Sequence[Element]) -> Element:
    """The "more" menu, 1 to 5 options."""
    _within(len(options), 5, "options in an overflow menu")
    return {"type": "overflow", "action_id": _id(action_id), "options": list(options)}


def radio(action_id: str, options: Sequence[Element]) -> Element:
    """Choices that are all seen at once, at most 10."""
    _within(len(options), MAX_RADIO_OPTIONS, "radio options")
    return {"type": "radio_buttons", "action_id": _id(action_id), "options": list(options)}


def static_select(action_id: str, options: Sequence[Element], *, placeholder: str) -> Element:
    """A drop-down of at most 100 options."""
    _within(len(options), MAX_OPTIONS, "options in a select")
    return _select(action_id, placeholder) | {"options": list(options)}


def grouped_select(action_id: str, groups: Sequence[Element], *, placeholder: str) -> Element:
    """A drop-down of at most 100 groups."""
    _within(len(groups), MAX_OPTIONS, "groups in a select")
    return _select(action_id, placeholder) | {"option_groups": list(groups)}


def multi_select(
    action_id: str, options: Sequence[Element], *, chosen: Sequence[str] = (), placeholder: str
) -> Element:
    """A drop-down in which several of at most 100 may be picked; `chosen` are picked to begin with."""
    _within(len(options), MAX_OPTIONS, "options in a select")
    begun = [one for one in options if one["value"] in chosen]
    made = {"type": "multi_static_select", "action_id": _id(action_id), "placeholder": plain(placeholder, 150)}
    return made | {"options": list(options)} | ({"initial_options": begun} if begun else {})


def checkboxes(action_id: str, options: Sequence[Element], *, chosen: Sequence[str] = ()) -> Element:
    """Boxes to tick, at most 10; `chosen` are ticked to begin with."""
    _within(len(options), MAX_RADIO_OPTIONS, "checkboxes")
    begun = [one for one in options if one["value"] in chosen]
    made: Element = {"type": "checkboxes", "action_id": _id(action_id), "options": list(options)}
    return made | ({"initial_options": begun} if begun else {})


def begun(element: Element, value: str | None) -> Element:
    """A field that is filled in to begin with: a text, or the option of a select or radio with this value."""
    if not value:
        return element
    if element["type"] == "plain_text_input":
        return element | {"initial_value": value[: element["max_length"]]}
    found = [one for one in element["options"] if one["value"] == value]
    return element | ({"initial_option": found[0]} if found else {})


def pick_channel(action_id: str, *, initial: str = "") -> Element:
    """A private channel of this workspace alone, among those that the person sees; the app need not be in it."""
    made: Element = {
        "type": "conversations_select",
        "action_id": _id(action_id),
        "placeholder": plain("Pick a private channel", 150),
        "filter": {"include": ["private"], "exclude_external_shared_channels": True},
    }
    return made | ({"initial_conversation": initial} if initial else {})


def pick_person(action_id: str) -> Element:
    """Somebody of this workspace."""
    return {"type": "users_select", "action_id": _id(action_id), "placeholder": plain("Pick a colleague", 150)}


def pick_date(action_id: str, *, initial: str = "") -> Element:
    """A day, like 2026-12-24."""
    begun = {"initial_date": initial} if initial else {}
    return {"type": "datepicker", "action_id": _id(action_id), "placeholder": plain("Pick a day", 150)} | begun


def pick_time(action_id: str, *, initial: str = "") -> Element:
    """A time of day, like 08:00, as it is typed: on nobody's clock in particular."""
    begun = {"initial_time": initial} if initial else {}
    return {"type": "timepicker", "action_id": _id(action_id), "placeholder": plain("Pick a time", 150)} | begun


def input_text(action_id: str, *, max_length: int = 3000, multiline: bool = True) -> Element:
    """A field to type in; Slack allows at most 3000 characters."""
    _within(max_length, 3000, "characters in a text field")
    return {
        "type": "plain_text_input",
        "action_id": _id(action_id),
        "multiline": multiline,
        "max_length": max_length,
    }


def time_picker(action_id: str, *, initial: datetime) -> Element:
    """A day and a time; it comes back as seconds since 1970."""
    return {
        "type": "datetimepicker",
        "action_id": _id(action_id),
        "initial_date_time": int(initial.timestamp()),
    }


def input_file(action_id: str, filetypes: Sequence[str]) -> Element:
    """A field for one file of these kinds; what was handed over comes back as ids of files, never as their content."""
    return {"type": "file_input", "action_id": _id(action_id), "filetypes": list(filetypes), "max_files": 1}


def input_block(label: str, block_id: str, *, element: Element, optional: bool = False) -> Block:
    """A labelled question of a modal; what was answered comes back under `block_id`."""
    return {
        "type": "input",
        "block_id": _id(block_id),
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }


def _select(action_id: str, placeholder: str) -> Element:
    return {"type": "static_select", "action_id": _id(action_id), "placeholder": plain(placeholder, 150)}


def _within(count: int, limit: int, what: str) -> None:
    if not 1 <= count <= limit:
        raise ValueError(f"{count} {what}; Slack takes 1 to {limit}")


def _id(text: str, limit: int = 255) -> str:
    if not 1 <= len(text) <= limit:
        raise ValueError(f"an id or value of {len(text)} characters; Slack takes 1 to {limit}")
    return text
