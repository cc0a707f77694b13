"""Whether Slack would take these blocks: every limit it documents, and the cross-block rules its schema leaves out."""

from collections.abc import Iterator
from typing import Any

from sandbox.slack.chart_rules import DATA_VISUALIZATION, few_charts
from sandbox.slack.element_rules import IMAGE_FIELDS, one_source, plain, some_elements, text
from sandbox.slack.shapes import (
    Check,
    Json,
    Report,
    boolean,
    both,
    items,
    one_of,
    shape,
    string,
    typed,
)

MESSAGE_TEXT = 40_000
MESSAGE_BLOCKS_TEXT = 12_000  # Slack fails near 13,200 and publishes no number; 12,000 is the cap we keep
_BLOCK_ID = {"block_id": string(255)}
_PICKERS = ("static_select", "multi_static_select", "users_select", "conversations_select", "datepicker", "timepicker")
_CHOICES = ("radio_buttons", "checkboxes")
_TYPED = ("plain_text_input", "number_input", "email_text_input")


def _text_or_fields(report: Report, block: Any, path: str) -> None:
    if isinstance(block, dict) and "text" not in block and "fields" not in block:
        report.add(path, "must provide text or fields")


_CONTEXT_ELEMENT = typed(
    {
        "image": some_elements("image"),
        "plain_text": text(3000),
        "mrkdwn": text(3000),
    },
    "context element",
)
_RICH_PARTS = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
_RICH_TEXT = shape(
    {"elements": items(typed(dict.fromkeys(_RICH_PARTS, lambda _r, _v, _p: None), "rich text part"), 1, 1000)},
    _BLOCK_ID,
)
_CELL = typed(
    {
        "raw_text": shape({"text": string(3000)}),
        "raw_number": shape({"value": lambda _r, _v, _p: None}, {"text": string(3000)}),
        "rich_text": _RICH_TEXT,
    },
    "table cell",
)
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})

BLOCKS: dict[str, Check] = {
    "section": both(
        shape(
            {},
            {
                **_BLOCK_ID,
                "text": text(3000),
                "fields": items(text(2000), 1, 10),
                "accessory": some_elements("button", "overflow", "image", *_PICKERS, *_CHOICES),
                "expand": boolean,
            },
        ),
        _text_or_fields,
    ),
    "header": shape({"text": plain(150)}, _BLOCK_ID),
    "context": shape({"elements": items(_CONTEXT_ELEMENT, 1, 10)}, _BLOCK_ID),
    "actions": shape(
        {
            "elements": items(
                some_elements("button", "overflow", "datetimepicker", *_PICKERS, *_CHOICES),
                1,
                25,
            )
        },
        _BLOCK_ID,
    ),
    "divider": shape({}, _BLOCK_ID),
    "image": both(shape({"alt_text": string(2000)}, {**IMAGE_FIELDS, **_BLOCK_ID, "title": plain(2000)}), one_source),
    "input": shape(
        {"label": plain(2000), "element": some_elements("datetimepicker", *_PICKERS, *_CHOICES, *_TYPED, "file_input")},
        {**_BLOCK_ID, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": _RICH_TEXT,
    "markdown": shape({"text": string(12_000)}, _BLOCK_ID),
    "data_visualization": DATA_VISUALIZATION,
    "table": shape(
        {"rows": items(items(_CELL, 1, 20), 1, 100)}, {**_BLOCK_ID, "column_settings": items(_COLUMN, 0, 20)}
    ),
}
_MESSAGES_ALONE = ("markdown", "table", "data_visualization")
_NOT_ON = {"message": ("input",), "modal": _MESSAGES_ALONE, "home": _MESSAGES_ALONE}
_SURFACES: dict[str, Check] = {
    surface: typed({kind: check for kind, check in BLOCKS.items() if kind not in absent}, f"block for a {surface}")
    for surface, absent in _NOT_ON.items()
}


def elements_in(blocks: list[Any]) -> Iterator[tuple[Json, Json, str]]:
    """Every element that can be acted on: its block, itself, and its path below the block."""
    for block in blocks:
        if not isinstance(block, dict):
            continue
        for slot in ("accessory", "element"):
            if isinstance(block.get(slot), dict):
                yield block, block[slot], slot
        if block.get("type") == "actions" and isinstance(block.get("elements"), list):
            for index, element in enumerate(block["elements"]):
                if isinstance(element, dict):
                    yield block, element, f"elements/{index}"


def _unique_block_ids(report: Report, blocks: list[Any], path: str) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        name = block.get("block_id") if isinstance(block, dict) else None
        if isinstance(name, str) and name in seen:
            report.add(f"{path}/{index}/block_id", "block_id already exists")
        elif isinstance(name, str):
            seen.add(name)


def _unique_action_ids(report: Report, blocks: list[Any], path: str, *, whole_surface: bool) -> None:
    """One message: no action_id twice. A view: not twice in one block, for a list repeats its rows' buttons."""
    seen: set[tuple[int, str]] = set()
    for block, element, below in elements_in(blocks):
        name = element.get("action_id")
        key = (0 if whole_surface else id(block), name) if isinstance(name, str) else None
        index = next(i for i, candidate in enumerate(blocks) if candidate is block)
        if key is not None and key in seen:
            report.add(f"{path}/{index}/{below}/action_id", "action_id already exists")
        elif key is not None:
            seen.add(key)


def _one_focus(report: Report, blocks: list[Any], path: str) -> None:
    if sum(element.get("focus_on_load") is True for _, element, _ in elements_in(blocks)) > 1:
        report.add(path, "only one element may have focus_on_load")


def _one_table(report: Report, blocks: list[Any], path: str) -> None:
    if sum(isinstance(block, dict) and block.get("type") == "table" for block in blocks) > 1:
        report.add(path, "only one table is allowed in a message")


def _markdown_total(report: Report, blocks: list[Any], path: str) -> None:
    written = [block.get("text") for block in blocks if isinstance(block, dict) and block.get("type") == "markdown"]
    if len(written) > 1 and sum(len(each) for each in written if isinstance(each, str)) > 12_000:
        report.add(path, "markdown blocks together must be less than 12001 characters")


def blocks_errors(blocks: Any, surface: str, *, path: str = "/blocks") -> list[str]:
    """What Slack would say against these blocks on a `message`, `modal` or `home`; empty means it takes them."""
    report = Report()
    items(_SURFACES[surface], 0, 50 if surface == "message" else 100)(report, blocks, path)
    if isinstance(blocks, list):
        _unique_block_ids(report, blocks, path)
        _unique_action_ids(report, blocks, path, whole_surface=surface == "message")
        _one_focus(report, blocks, path)
        _one_table(report, blocks, path)
        _markdown_total(report, blocks, path)
        few_charts(report, blocks, path)
    return report.errors


def text_size(value: Any) -> int:
    """Characters of everything under a `text`, `alt_text` or `title` key, at any depth."""
    if isinstance(value, list):
        return sum(text_size(inner) for inner in value)
    if not isinstance(value, dict):
        return 0
    own = sum(len(value[key]) for key in ("text", "alt_text", "title") if isinstance(value.get(key), str))
    return own + sum(text_size(inner) for inner in value.values() if isinstance(inner, dict | list))


def check_message(blocks: list[Any], text: str) -> list[str]:
    """Every reason Slack has to refuse this message (docs.slack.dev/reference/block-kit); empty means it is fine."""
    complaints = blocks_errors(blocks, "message")
    if not blocks and not text:
        complaints.append("no_text: a message needs text or blocks")
    if len(text) > MESSAGE_TEXT:
        complaints.append(f"msg_too_long: text must be less than {MESSAGE_TEXT + 1} characters")
    if text_size(blocks) > MESSAGE_BLOCKS_TEXT:
        complaints.append(f"msg_blocks_too_long: blocks hold more than {MESSAGE_BLOCKS_TEXT} characters")
    return complaints


def _anything(_report: Report, _value: Any, _path: str) -> None:
    """The blocks of a view are looked at apart from its frame."""


_VIEW_COMMON: dict[str, Check] = {
    "private_metadata": string(3000, shortest=0),
    "callback_id": string(255, shortest=0),
    "external_id": string(255, shortest=0),
}
_MODAL = shape(
    {"title": plain(24), "blocks": _anything},
    {
        **_VIEW_COMMON,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_VIEW = typed({"modal": _MODAL, "home": shape({"blocks": _anything}, _VIEW_COMMON)}, "view")


def check_view(view: Any) -> list[str]:
    """Every reason Slack has to refuse this modal or Home tab; empty means it is fine."""
    report = Report()
    _VIEW(report, view, "/view")
    if report.errors and not (isinstance(view, dict) and view.get("type") in ("modal", "home")):
        return report.errors
    blocks = view.get("blocks", [])
    report.errors.extend(blocks_errors(blocks, view["type"], path="/view/blocks"))
    has_input = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if view["type"] == "modal" and has_input and "submit" not in view:
        report.add("/view/submit", "submit is required when the view has an input block")
    return report.errors
