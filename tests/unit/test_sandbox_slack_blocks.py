"""Blocks that Slack would refuse are refused here, one rule a row."""

from typing import Any

import pytest

from sandbox.slack import check_message, check_view
from tests.sandbox_slack import button, card, modal, note_input


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _section(**more: Any) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn("hello"), **more}


def _option(value: str = "a", text: str = "A") -> dict[str, Any]:
    return {"text": _plain(text), "value": value}


def _select(**more: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "pick", "options": [_option()], **more}


def _overflow(count: int) -> dict[str, Any]:
    return {"type": "overflow", "action_id": "more", "options": [_option(str(i)) for i in range(count)]}


def _actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def _chart(
    *labels: str, series: int = 1, categories: list[str] | None = None, title: str = "Reached"
) -> dict[str, Any]:
    data = [{"label": label, "value": 1} for label in labels]
    axes = {"categories": list(labels) if categories is None else categories}
    lines = [{"name": f"S{n}", "data": data} for n in range(series)]
    return {
        "type": "data_visualization",
        "title": title,
        "chart": {"type": "line", "series": lines, "axis_config": axes},
    }


def _without(source: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in source.items() if name != key}


BAD_BLOCKS: dict[str, tuple[list[Any], str]] = {
    "unknown type": ([{"type": "sparkles"}], "unsupported type"),
    "not an object": (["text"], "unsupported type"),
    "alert in a message": ([{"type": "alert", "text": _plain("x")}], "unsupported type"),
    "input in a message": ([note_input()], "unsupported type"),
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items"),
    "section with nothing": ([{"type": "section"}], "must provide text or fields"),
    "section too long": ([_section(text=_mrkdwn("x" * 3001))], "less than 3001"),
    "section empty": ([_section(text=_mrkdwn(""))], "more than 0"),
    "eleven fields": ([{"type": "section", "fields": [_mrkdwn("x")] * 11}], "no more than 10"),
    "field too long": ([{"type": "section", "fields": [_mrkdwn("x" * 2001)]}], "less than 2001"),
    "typing in a section": (
        [_section(accessory={"type": "plain_text_input", "action_id": "t"})],
        "unsupported type",
    ),
    "header too long": ([{"type": "header", "text": _plain("x" * 151)}], "less than 151"),
    "header in mrkdwn": ([{"type": "header", "text": _mrkdwn("x")}], "unsupported type"),
    "extra property": ([_section(colour="red")], "invalid additional property: colour"),
    "eleven in a context": ([{"type": "context", "elements": [_mrkdwn("x")] * 11}], "no more than 10"),
    "button in a context": ([{"type": "context", "elements": [button()]}], "unsupported type"),
    "empty actions": ([_actions()], "no less than 1"),
    "26 actions": ([_actions(*(button(f"a{i}") for i in range(26)))], "no more than 25"),
    "no action_id": ([_actions(_without(button(), "action_id"))], "missing required field: action_id"),
    "action_id too long": ([_actions(button("a" * 256))], "less than 256"),
    "same action_id": ([_actions(button()), _actions(button())], "action_id already exists"),
    "same block_id": ([_section(block_id="b"), _section(block_id="b")], "block_id already exists"),
    "block_id too long": ([_section(block_id="b" * 256)], "less than 256"),
    "button label too long": ([_actions({**button(), "text": _plain("x" * 76)})], "less than 76"),
    "button in mrkdwn": ([_actions({**button(), "text": _mrkdwn("x")})], "unsupported type"),
    "button value too long": ([_actions(button(value="x" * 2001))], "less than 2001"),
    "button url too long": ([_actions({**button(), "url": "h" * 3001})], "less than 3001"),
    "button style": ([_actions({**button(), "style": "green"})], "must be one of primary, danger"),
    "confirm half": ([_actions({**button(), "confirm": {"title": _plain("Sure?")}})], "missing required field: text"),
    "confirm long": (
        [
            _actions(
                {
                    **button(),
                    "confirm": {
                        "title": _plain("x" * 101),
                        "text": _plain("x"),
                        "confirm": _plain("x"),
                        "deny": _plain("x"),
                    },
                }
            )
        ],
        "less than 101",
    ),
    "overflow of none": ([_actions(_overflow(0))], "no less than 1"),
    "overflow of six": ([_actions(_overflow(6))], "no more than 5"),
    "101 options": ([_actions(_select(options=[_option(str(i)) for i in range(101)]))], "no more than 100"),
    "option text long": ([_actions(_select(options=[_option(text="x" * 76)]))], "less than 76"),
    "option value long": ([_actions(_select(options=[_option("x" * 151)]))], "less than 151"),
    "initial not offered": ([_actions(_select(initial_option=_option("z")))], "must match one of the options"),
    "placeholder long": ([_actions(_select(placeholder=_plain("x" * 151)))], "less than 151"),
    "options and groups": (
        [_actions(_select(option_groups=[{"label": _plain("g"), "options": [_option()]}]))],
        "either options or option_groups",
    ),
    "eleven boxes": (
        [_actions({"type": "checkboxes", "action_id": "c", "options": [_option(str(i)) for i in range(11)]})],
        "no more than 10",
    ),
    "date in words": (
        [_actions({"type": "datepicker", "action_id": "d", "initial_date": "tomorrow"})],
        "a date as YYYY-MM-DD",
    ),
    "image without alt": ([{"type": "image", "image_url": "https://x.example/a.png"}], "alt_text"),
    "image from nowhere": ([{"type": "image", "alt_text": "a"}], "either image_url or slack_file"),
    "image url long": ([{"type": "image", "alt_text": "a", "image_url": "h" * 3001}], "less than 3001"),
    "markdown long": ([{"type": "markdown", "text": "x" * 12_001}], "less than 12001"),
    "markdown in sum": ([{"type": "markdown", "text": "x" * 7_000}] * 2, "together must be less"),
    "two tables": ([{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}] * 2, "only one table"),
    "wide table": ([{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 21]}], "no more than 20"),
    "chart title long": ([_chart("a", title="x" * 51)], "less than 51"),
    "chart label long": ([_chart("x" * 21)], "less than 21"),
    "seven series": ([_chart("a", series=7)], "no more than 6"),
    "twenty-one places": ([_chart(*(str(n) for n in range(21)))], "no more than 20"),
    "another category": ([_chart("a", "b", categories=["a", "c"])], "labels must match"),
    "a category twice": ([_chart("a", "a")], "categories must be unique"),
    "no chart of that kind": (
        [{"type": "data_visualization", "title": "x", "chart": {"type": "radar"}}],
        "unsupported type",
    ),
    "three charts": ([_chart("a")] * 3, "no more than 2"),
    "too much in all": ([_section(text=_mrkdwn("x" * 3000)) for _ in range(5)], "msg_blocks_too_long"),
}


@pytest.mark.parametrize("name", BAD_BLOCKS)
def test_a_message_slack_would_refuse_is_refused_with_the_reason(name: str) -> None:
    blocks, reason = BAD_BLOCKS[name]

    complaints = check_message(blocks, "hello")

    assert any(reason in complaint for complaint in complaints), complaints


BAD_VIEWS: dict[str, tuple[Any, str]] = {
    "not an object": ("modal", "unsupported type"),
    "message as view": ({"type": "message", "blocks": []}, "unsupported type"),
    "no title": (_without(modal(), "title"), "missing required field: title"),
    "title long": (modal(title=_plain("x" * 25)), "less than 25"),
    "submit long": (modal(submit=_plain("x" * 25)), "less than 25"),
    "input, no submit": (_without(modal(), "submit"), "submit is required"),
    "metadata long": (modal(private_metadata="x" * 3001), "less than 3001"),
    "callback long": (modal(callback_id="x" * 256), "less than 256"),
    "101 blocks": (modal(*[{"type": "divider"}] * 101), "no more than 100"),
    "label long": (modal(note_input(label=_plain("x" * 2001))), "less than 2001"),
    "button as input": (modal(note_input(element=button())), "unsupported type"),
    "max_length": (
        modal(note_input(element={"type": "plain_text_input", "action_id": "t", "max_length": 3001})),
        "between 1 and 3000",
    ),
    "lengths crossed": (
        modal(note_input(element={"type": "plain_text_input", "action_id": "t", "max_length": 5, "min_length": 6})),
        "must not exceed",
    ),
    "number without decimal": (
        modal(note_input(element={"type": "number_input", "action_id": "n"})),
        "is_decimal_allowed",
    ),
    "two focused": (
        modal(
            note_input(element={"type": "plain_text_input", "action_id": "a", "focus_on_load": True}),
            note_input(block_id="b", element={"type": "plain_text_input", "action_id": "b", "focus_on_load": True}),
        ),
        "focus_on_load",
    ),
    "table in a modal": (modal({"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}), "unsupported type"),
    "same action in a block": (modal(_actions(button(), button())), "action_id already exists"),
    "home with a title": ({"type": "home", "blocks": [], "title": _plain("x")}, "additional property: title"),
    "no blocks": ({"type": "home"}, "missing required field: blocks"),
}


@pytest.mark.parametrize("name", BAD_VIEWS)
def test_a_view_slack_would_refuse_is_refused_with_the_reason(name: str) -> None:
    view, reason = BAD_VIEWS[name]

    complaints = check_view(view)

    assert any(reason in complaint for complaint in complaints), complaints


def test_good_messages_and_views_pass() -> None:
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}
    home = {"type": "home", "blocks": [_section(accessory=button()), _section(accessory=button())]}

    assert check_message(card(button(), _overflow(5), _select()), "A case") == []
    assert check_message([rich, {"type": "markdown", "text": "*x*"}], "") == []
    assert check_view(modal()) == []
    assert check_view(home) == [], "the rows of a list may repeat their button"


def test_a_complaint_points_at_its_place() -> None:
    blocks = [_section(), _actions({**button(), "text": _plain("x" * 76)})]

    assert check_message(blocks, "hi") == [
        "must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]"
    ]


def test_a_message_without_anything_has_no_text() -> None:
    assert check_message([], "") == ["no_text: a message needs text or blocks"]
