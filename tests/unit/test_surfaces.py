"""Everything Slack can be given, drawn from the worst rows: what Slack takes, what it may see, and that nothing is left out."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from bot import surfaces
from bot.surfaces import Surface
from sandbox.slack import check_message, check_view
from tests import block_rules

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT.parent / "shared" / "data" / "blockkit.strict.schema.json"
SHOWN_TO_OTHER_APPS = ("value", "action_id", "block_id", "private_metadata", "callback_id", "external_id")
OPENED = "modal.conversation."  # behind a role check and an audit row: their words from level initials on, their name at full
OF_THE_PATIENT = ("Zyxwina", "Quibblesworth", "melon", "+15005550199")


@cache
def every() -> tuple[Surface, ...]:
    return tuple(surfaces.every())


def test_every_kind_of_notice_has_a_line() -> None:
    from bot import notices

    named = {one.name.split(".")[1] for one in every() if one.name.startswith("notice.")}
    assert set(notices.KINDS) <= named, "a notice needs a line `notice.KIND` in bot/surfaces/messages.py"


def test_the_sandboxs_slack_takes_every_surface() -> None:
    def complaints(one: Surface) -> list[str]:
        if one.surface == "message":
            return check_message(one.payload["blocks"], one.payload["text"])
        return check_view(one.payload)

    assert {one.name: found for one in every() if (found := complaints(one))} == {}


@pytest.mark.skipif(not SCHEMA.exists(), reason="the Block Kit schema is not part of a user's clone")
@pytest.mark.parametrize("root", ["Message", "Modal", "Home"])
def test_the_schema_of_slacks_own_types_takes_every_surface(root: str) -> None:
    schema = {**json.loads(SCHEMA.read_text()), "$ref": f"#/definitions/{root}"}
    schema.pop("type", None)
    validator = Draft7Validator(schema)
    shown = [one for one in every() if one.surface == root.lower() and one.phi_level != "initials"]

    refused = {one.name: [e.message[:200] for e in validator.iter_errors(one.payload)] for one in shown}

    assert shown
    assert {name: why for name, why in refused.items() if why} == {}


@pytest.mark.req("N2")
@pytest.mark.parametrize("level", ["none", "initials"])
def test_below_full_no_surface_names_the_patient_or_repeats_them(level: str) -> None:
    told = {one.name: json.dumps(one.payload, ensure_ascii=False) for one in every() if one.phi_level == level}

    def found(name: str, words: str) -> bool:
        opened = name.startswith(OPENED) and level == "initials"
        return any(word in words for word in (OF_THE_PATIENT[:2] if opened else OF_THE_PATIENT))

    assert [name for name, words in told.items() if found(name, words)] == []


@pytest.mark.req("N2")
def test_at_any_level_what_other_apps_and_locked_phones_see_holds_nothing_of_the_patient() -> None:
    for one in every():
        hidden = [*block_rules.strings(one.payload, *SHOWN_TO_OTHER_APPS), json.dumps(one.payload.get("metadata", {}))]
        if one.surface == "message":
            hidden.append(one.payload["text"])
        assert not [word for word in OF_THE_PATIENT for text in hidden if word in text], one.name


def test_nobodys_words_mention_or_link() -> None:
    for one in every():
        read = [*block_rules.mrkdwn(one.payload), one.payload.get("text", "")]
        raw = [tag for text in read for tag in re.findall(r"<[^>]*>?", text)]
        ours = {"<!channel>"} if one.name.startswith("card.") else {"<!here>"} if one.name == "page.thread" else set()
        assert [tag for tag in raw if tag not in ours] == [], one.name


def test_the_command_prints_them_without_settings_and_without_the_database() -> None:
    loaded = "import sys; sys.argv = ['app.py', 'surfaces', '--json']; import app; app.main(); print('sqlalchemy' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=True
    )

    *lines, heavy = done.stdout.splitlines()
    shown = [json.loads(line) for line in lines]
    assert heavy == "False", "it starts in a second only while it leaves the database out"
    assert len(shown) >= 25
    assert {tuple(sorted(line)) for line in shown} == {("name", "payload", "phi_level", "surface")}
    assert {line["surface"] for line in shown} == {"message", "modal", "home"}
