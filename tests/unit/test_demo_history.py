"""What `demo --with-history` does where a demo is already: one sentence, before any server is started, and nothing is touched."""

import socket
from pathlib import Path

import pytest

from core.errors import Misconfigured
from sandbox import demo
from sandbox.behind import History, demand_whole
from sandbox.demo import Place


def _place(folder: Path, *files: str) -> Place:
    for name in files:
        (folder / name).write_text("{}", "utf-8")
    return Place(folder, folder, _free_pair())


def _free_pair() -> int:
    """A port that nobody listens on, nor on the one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def _refused(place: Place, history: History | None) -> str:
    before = sorted(place.state.iterdir())
    with pytest.raises(Misconfigured) as refused, demo.running(place, history=history):
        pass
    assert sorted(place.state.iterdir()) == before
    return f"{refused.value.what}. {refused.value.fix}"


def test_a_demo_that_has_begun_gets_no_history_before_it(tmp_path: Path) -> None:
    place = _place(tmp_path, "demo.json")

    assert _refused(place, History()) == (
        "There is a demo here already, without a history: one can only be played before it. "
        "Go on without --with-history, or start over with --with-history --reset."
    )


@pytest.mark.parametrize("history", [History(), None])
def test_a_history_that_was_stopped_says_so_however_it_is_started(tmp_path: Path, history: History | None) -> None:
    place = _place(tmp_path, "demo.json", "history.json")

    assert _refused(place, history) == (
        "The history of this demo was stopped before its end, so its figures are of a part of it. "
        "Start over: --with-history --reset plays a whole one, --reset alone begins without one."
    )


@pytest.mark.parametrize("history", [History(), None])
def test_a_demo_with_a_whole_history_goes_on_with_it(tmp_path: Path, history: History | None) -> None:
    place = _place(tmp_path, "demo.json", "history.json", "past.json")

    demand_whole(place, history)


def test_stopping_it_says_what_is_left(tmp_path: Path) -> None:
    place, said = _place(tmp_path), list[str]()
    (tmp_path / "app.py").write_text("print('Week 1')", "utf-8")

    def say(line: str) -> None:
        said.append(line)
        if line == "  Week 1":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.stream(place, {}, "history", say=say)

    assert said == [
        "  Week 1",
        "Stopped. What is here is a part of a history: --with-history --reset plays a whole one, --reset alone begins without one.",
    ]


def test_one_that_fails_says_how_to_start_over(tmp_path: Path) -> None:
    place = _place(tmp_path)
    (tmp_path / "app.py").write_text("raise SystemExit(1)", "utf-8")

    with pytest.raises(Misconfigured) as failed:
        demo.stream(place, {}, "history", say=lambda _: None)

    assert failed.value.what == "`app.py history` failed"
    assert "--reset" in failed.value.fix
