"""What people typed and picked, in the shapes Slack sends: `state.values` and the selection part of an action."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.slack.blocks_check import elements_in
from sandbox.slack.element_rules import options_of
from sandbox.slack.shapes import Json

_SINGLE = {"static_select", "radio_buttons", "overflow"}
_MANY = {"multi_static_select", "checkboxes"}
_SCALAR = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
}
FILES = "file_input"
_STATELESS = {"button", "overflow", "image"}


class UnfitError(Exception):
    """Slack's own client would not let a person enter this; the text says why."""


def _option(element: Json, wanted: Any) -> Json:
    value = wanted.get("value") if isinstance(wanted, dict) else wanted
    for option in options_of(element):
        if option.get("value") == value:
            return option
    raise UnfitError(f"{element.get('action_id')} does not offer that option")


def _typed_text(element: Json, value: Any) -> Any:
    if value in (None, ""):
        return None
    kind = element["type"]
    if kind == "plain_text_input":
        if not element.get("min_length", 0) <= len(str(value)) <= element.get("max_length", 3000):
            raise UnfitError(f"{element['action_id']} is too short or too long")
    elif kind == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", str(value)):
        raise UnfitError(f"{element['action_id']} must be an e-mail address")
    elif kind == "number_input":
        _number_fits(element, str(value))
    elif kind == "datepicker" and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        raise UnfitError(f"{element['action_id']} must be a date")
    elif kind == "timepicker" and not re.fullmatch(r"[0-2]\d:[0-5]\d", str(value)):
        raise UnfitError(f"{element['action_id']} must be a time")
    return int(value) if kind == "datetimepicker" else str(value)


def _number_fits(element: Json, value: str) -> None:
    pattern = r"-?\d+(\.\d+)?" if element.get("is_decimal_allowed") else r"-?\d+"
    low, high = float(element.get("min_value", "-inf")), float(element.get("max_value", "inf"))
    if not re.fullmatch(pattern, value) or not low <= float(value) <= high:
        raise UnfitError(f"{element['action_id']} must be a number it allows")


def _bare(element: Json, given: Any) -> Any:
    """Callers may hand over Slack's own shape or just the value in it."""
    if not isinstance(given, Mapping):
        return given
    for key in (
        "files",
        "selected_option",
        "selected_options",
        _SCALAR.get(element["type"], ("value", ""))[0],
        "value",
    ):
        if key in given:
            return given[key]
    raise UnfitError(f"{element.get('action_id')} got a value of another kind")


def shaped(element: Json, given: Any) -> Json:
    """The value of one element as Slack sends it, from the plain text, option value, date … a person gave.

    Raises UnfitError when the client would not have let them.
    """
    kind, value = element["type"], _bare(element, given)
    if kind in _SINGLE:
        return {"type": kind, "selected_option": None if value in (None, "") else _option(element, value)}
    if kind in _MANY:
        picked = value if isinstance(value, list) else [] if value in (None, "") else [value]
        return {"type": kind, "selected_options": [_option(element, each) for each in picked]}
    if kind == FILES:
        return {"type": kind, "files": value if isinstance(value, list) else []}
    if kind in _SCALAR:
        return {"type": kind, _SCALAR[kind][0]: _typed_text(element, value)}
    raise UnfitError(f"{element.get('action_id')} takes no value")


def _initially(element: Json) -> Json:
    kind = element["type"]
    if kind in _SINGLE:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind == FILES:
        return {"type": kind, "files": []}
    if kind in _MANY:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    key, initial = _SCALAR[kind]
    return {"type": kind, key: element.get(initial)}


def values_of(blocks: list[Json], before: Json | None = None) -> Json:
    """`state.values` of these blocks: what was entered in `before` stays where block and action kept their ids."""
    values: Json = {}
    for block, element, _ in elements_in(blocks):
        if element["type"] in _STATELESS:
            continue
        old = (before or {}).get(block["block_id"], {}).get(element["action_id"])
        kept = old if old is not None and old["type"] == element["type"] else _initially(element)
        values.setdefault(block["block_id"], {})[element["action_id"]] = kept
    return values


def is_empty(value: Json) -> bool:
    return all(found in (None, "", []) for key, found in value.items() if key != "type")


def missing_inputs(view: Json) -> list[str]:
    """block_ids of the required inputs that are still empty."""
    values = view["state"]["values"]
    return [
        block["block_id"]
        for block, element, slot in elements_in(view["blocks"])
        if slot == "element" and not block.get("optional") and is_empty(values[block["block_id"]][element["action_id"]])
    ]
