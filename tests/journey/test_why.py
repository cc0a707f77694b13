"""`app.py why`: the ledger, asked by the line."""

import json

import pytest

from handlers.cli import why
from tests.world import World

pytestmark = pytest.mark.phi("any")


def test_ids_on_standard_input_are_answered_each_with_one_line_in_order(world: World) -> None:
    world.no_show("story")
    asked = [world.person("story").patient, "nobody-charted"]

    lines = list(why.answer(world.deps.db, [f"{patient}\n" for patient in asked]))

    told = [json.loads(line) for line in lines]
    assert told[0] == why.tell(world.deps.db, enrollment=None, patient=asked[0])
    assert {story["program"] for story in told[0]} == {"reminder", "no_show"}
    assert told[1] == []
