"""`make demo ARGS=--headless`: the whole story holds on this checkout."""

from pathlib import Path

import pytest

from sandbox.scenes import SCENES
from tests import headless
from tests.watch.demo import leaks_in

pytestmark = pytest.mark.processes


def test_the_whole_story_holds_and_every_step_is_played(tmp_path: Path) -> None:
    run = headless.play(headless.ROOT, tmp_path / "state")

    assert run.exit_code == 0, run.output
    assert len(run.steps) == len(SCENES)
    assert run.checks >= 130
    assert f"demo: {len(SCENES)} steps, 0 failed" in run.output
    assert leaks_in(tmp_path / "state" / "logs") == []
