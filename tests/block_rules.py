"""The rules of Block Kit that its schema cannot say, written from Slack's documents and apart from the sandbox's own check."""

from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
MOST_CHARACTERS = 12_000


def broken(surface: str, payload: Json) -> list[str]:
    """Every rule that this payload breaks, in words; empty when it is as Slack wants it."""
    blocks = payload["blocks"]
    found = [f"{where}: {rule.__name__[1:]}" for where, node in _walk(blocks) for rule in RULES if not rule(node)]
    found += [f"action_id {name} twice" for name in _doubles(_action_ids(blocks, apart=surface != "message"))]
    found += [f"block_id {name} twice" for name in _doubles(b["block_id"] for b in blocks if "block_id" in b)]
    inputs = [block for block in blocks if block["type"] == "input"]
    if inputs and surface == "message":
        found.append("an input in a message")
    if inputs and surface == "modal" and "submit" not in payload:
        found.append("an input without submit")
    if len(blocks) > (50 if surface == "message" else 100):
        found.append(f"{len(blocks)} blocks")
    if (size := characters(blocks)) > MOST_CHARACTERS:
        found.append(f"{size} characters")
    if surface != "message" and len(payload.get("private_metadata", "")) > 3000:
        found.append("private_metadata too long")
    return found


def characters(node: Any) -> int:
    """Of all that is shown: every `text` there is, at any depth."""
    if isinstance(node, list):
        return sum(map(characters, node))
    if not isinstance(node, dict):
        return 0
    return sum(
        len(value) if key == "text" and isinstance(value, str) else characters(value) for key, value in node.items()
    )


def strings(node: Any, *keys: str) -> Iterator[str]:
    """Every string under one of these keys, at any depth."""
    for _, inner in _walk(node):
        yield from (inner[key] for key in keys if isinstance(inner.get(key), str))


def mrkdwn(node: Any) -> Iterator[str]:
    """Every text in which Slack would read mentions and links."""
    return (inner["text"] for _, inner in _walk(node) if inner.get("type") == "mrkdwn")


def _walk(node: Any, where: str = "") -> Iterator[tuple[str, Json]]:
    if isinstance(node, dict):
        yield where, node
        for key, inner in node.items():
            yield from _walk(inner, f"{where}/{key}")
    elif isinstance(node, list | tuple):
        for place, inner in enumerate(node):
            yield from _walk(inner, f"{where}/{place}")


def _action_ids(blocks: list[Json], *, apart: bool) -> Iterator[str]:
    for place, block in enumerate(blocks):
        mark = f"{place}:" if apart else ""  # a list on a view repeats its rows' buttons, each in a block of its own
        yield from (f"{mark}{name}" for name in strings(block, "action_id"))


def _doubles(names: Iterator[str]) -> list[str]:
    kept = list(names)
    return sorted({name for name in kept if kept.count(name) > 1})


INTERACTIVE = {
    "button", "overflow", "static_select", "multi_static_select", "users_select", "radio_buttons", "checkboxes",
    "plain_text_input", "datepicker", "timepicker", "datetimepicker", "number_input", "email_text_input",
    "conversations_select", "channels_select", "multi_users_select", "external_select", "url_text_input",
}  # fmt: skip


def _has_an_action_id(node: Json) -> bool:
    return node.get("type") not in INTERACTIVE or 1 <= len(node.get("action_id", "")) <= 255


def _no_empty_text(node: Json) -> bool:
    return node.get("type") not in ("plain_text", "mrkdwn") or bool(node["text"].strip())


def _fields_are_short(node: Json) -> bool:
    return all(len(field["text"]) <= 2000 for field in node.get("fields", [])) and len(node.get("fields", [])) <= 10


def _options_fit(node: Json) -> bool:
    most = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}.get(node.get("type", ""), 100)
    options, groups = node.get("options"), node.get("option_groups")
    if groups is not None and (not 1 <= len(groups) <= 100 or not all(1 <= len(g["options"]) <= 100 for g in groups)):
        return False
    return options is None or (1 <= len(options) <= most and all(map(_option, options)))


def _option(option: Json) -> bool:
    described = len(option.get("description", {}).get("text", "x")) <= 75
    return len(option["text"]["text"]) <= 75 and 1 <= len(option["value"]) <= 150 and described


def _choices_differ(node: Json) -> bool:
    values = [option["value"] for option in node.get("options", []) if isinstance(option, dict)]
    return len(values) == len(set(values))


def _placeholders_are_short(node: Json) -> bool:
    return len(node.get("placeholder", {}).get("text", "")) <= 150


def _typing_is_bounded(node: Json) -> bool:
    return node.get("type") != "plain_text_input" or 1 <= node.get("max_length", 3000) <= 3000


def _images_fit(node: Json) -> bool:
    return node.get("type") != "image" or (len(node.get("image_url", "")) <= 3000 and bool(node.get("alt_text")))


def _alerts_stand_on_modals_only(node: Json) -> bool:
    return node.get("type") not in ("alert", "container")


RULES: tuple[Callable[[Json], bool], ...] = (
    _has_an_action_id, _no_empty_text, _fields_are_short, _options_fit, _choices_differ, _placeholders_are_short,
    _typing_is_bounded, _images_fit, _alerts_stand_on_modals_only,
)  # fmt: skip
