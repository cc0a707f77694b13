"""Our block rules against the Block Kit schema made from Slack's own types."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sandbox.slack import check_message, check_view
from tests.sandbox_slack import button, card, modal
from tests.unit.test_sandbox_slack_blocks import BAD_BLOCKS, BAD_VIEWS

SCHEMA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "blockkit.strict.schema.json"
pytestmark = pytest.mark.skipif(not SCHEMA.exists(), reason="the Block Kit schema is not part of a user's clone")

_STRICTER_THAN_SCHEMA = "what only our checker refuses is listed in the reference page as a miss of the schema"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text())
    return found


def _refused(schema: dict[str, Any], root: str, value: Any) -> bool:
    rooted = {**schema, "$ref": f"#/definitions/{root}"}
    rooted.pop("type", None)
    return not Draft7Validator(rooted).is_valid(value)


@pytest.mark.parametrize("name", BAD_BLOCKS)
def test_what_the_schema_refuses_in_a_message_our_checker_refuses_too(name: str, schema: dict[str, Any]) -> None:
    blocks, _ = BAD_BLOCKS[name]

    if _refused(schema, "Message", {"channel": "C1", "text": "x", "blocks": blocks}):
        assert check_message(blocks, "x"), _STRICTER_THAN_SCHEMA


@pytest.mark.parametrize("name", BAD_VIEWS)
def test_what_the_schema_refuses_in_a_view_our_checker_refuses_too(name: str, schema: dict[str, Any]) -> None:
    view, _ = BAD_VIEWS[name]
    root = "Home" if isinstance(view, dict) and view.get("type") == "home" else "Modal"

    if _refused(schema, root, view):
        assert check_view(view), _STRICTER_THAN_SCHEMA


GOOD: list[list[dict[str, Any]]] = [
    card(),
    card({**button(), "style": "primary"}, button("case.close"), button("case.reschedule")),
    [{"type": "section", "fields": [{"type": "mrkdwn", "text": "*Due*\n17:00"}] * 10}],
    [{"type": "context", "elements": [{"type": "mrkdwn", "text": "asked: Tue 12-17"}]}, {"type": "divider"}],
    [{"type": "image", "alt_text": "chart", "image_url": "https://x.example/a.png"}],
    [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]], "column_settings": [{"align": "left"}]}],
    [
        {
            "type": "section",
            "text": {"type": "plain_text", "text": "Pick"},
            "accessory": {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Open"}, "value": "open"}],
            },
        }
    ],
]


@pytest.mark.parametrize("blocks", GOOD)
def test_what_we_accept_in_a_message_the_schema_accepts_too(
    blocks: list[dict[str, Any]], schema: dict[str, Any]
) -> None:
    assert check_message(blocks, "x") == []
    assert not _refused(schema, "Message", {"channel": "C1", "text": "x", "blocks": blocks})


def test_a_modal_we_accept_the_schema_accepts_too(schema: dict[str, Any]) -> None:
    assert check_view(modal()) == []
    assert not _refused(schema, "Modal", modal())
