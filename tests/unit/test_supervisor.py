import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from core.errors import Misconfigured
from sandbox.supervisor import Child, Supervisor

WAIT_S = 20.0
HOLD = "import signal; signal.pause()"


class Lines:
    """What the children said, and a way to wait for it without sleeping."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, line: str) -> None:
        with self._changed:
            self.said.append(line)
            self._changed.notify_all()

    def wait_for(self, wanted: str, *, times: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.said.count(wanted) >= times, WAIT_S), self.said


def a_child(name: str, code: str) -> Child:
    return Child(name=name, command=[sys.executable, "-S", "-u", "-c", code], env={"GREETING": "hello"})


Start = Callable[[Sequence[Child]], tuple[Supervisor, Lines]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[Supervisor] = []

    def go(children: Sequence[Child]) -> tuple[Supervisor, Lines]:
        lines = Lines()
        supervisor = Supervisor(children, logs=tmp_path / "logs", echo=lines, grace_s=1)
        made.append(supervisor)
        supervisor.start()
        return supervisor, lines

    yield go
    for supervisor in made:
        supervisor.stop()


def test_a_child_that_is_killed_comes_back_under_another_process_id(start: Start) -> None:
    supervisor, lines = start([a_child("web", f"print('up'); {HOLD}")])
    lines.wait_for("web | up")
    first = supervisor.pid("web")
    assert first

    os.kill(first, signal.SIGKILL)

    lines.wait_for("web | up", times=2)
    assert supervisor.pid("web") not in (None, first)
    assert supervisor.alive() == {"web": True}


def test_a_child_that_keeps_dying_waits_longer_each_time(start: Start) -> None:
    _, lines = start([a_child("web", "raise SystemExit(3)")])

    for wait in ("0.2", "0.4", "0.8"):
        lines.wait_for(f"web | ended with 3; again in {wait} s")


def test_what_children_say_is_kept_in_a_file_each(start: Start, tmp_path: Path) -> None:
    _, lines = start([a_child("web", f"import os; print(os.environ['GREETING']); {HOLD}"), a_child("clock", HOLD)])

    lines.wait_for("web | hello")

    assert (tmp_path / "logs" / "web.log").read_text() == "hello\n"
    assert (tmp_path / "logs" / "clock.log").read_text() == ""


def test_restart_gives_a_fresh_process_at_once(start: Start) -> None:
    supervisor, _ = start([a_child("web", HOLD), a_child("clock", HOLD)])
    web, clock = supervisor.pid("web"), supervisor.pid("clock")

    supervisor.restart("web")

    assert supervisor.pid("web") not in (None, web)
    assert supervisor.pid("clock") == clock


def test_stop_ends_the_last_started_first_and_kills_who_does_not_listen(start: Start) -> None:
    polite = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit())); print('up')\n"
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')\n"
    hold = "while True: signal.pause()"
    supervisor, lines = start([a_child("a", polite + hold), a_child("b", polite + hold), a_child("deaf", deaf + hold)])
    for name in ("a", "b", "deaf"):
        lines.wait_for(f"{name} | up")

    supervisor.stop()

    lines.wait_for("a | bye")
    assert [line for line in lines.said if "bye" in line] == ["b | bye", "a | bye"]
    assert not any(supervisor.alive().values())


def test_a_missing_program_is_said_before_anything_starts(tmp_path: Path) -> None:
    supervisor = Supervisor([Child(name="web", command=["no-such-program"], env={})], logs=tmp_path)

    with pytest.raises(Misconfigured, match="no-such-program"):
        supervisor.start()


SCRIPT = """
import sys
from pathlib import Path
from sandbox.supervisor import Child, Supervisor
code = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
child = Child(name="web", command=[sys.executable, "-S", "-c", code], env={})
supervisor = Supervisor([child], logs=Path(sys.argv[1]), echo=lambda line: print(line, flush=True))
supervisor.start()
supervisor.run()
print("done", flush=True)
"""


def a_supervising_process(tmp_path: Path) -> tuple[subprocess.Popen[str], int]:
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, int(process.stdout.readline().removeprefix("web | "))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_children_and_then_the_supervisor(number: signal.Signals, tmp_path: Path) -> None:
    process, child = a_supervising_process(tmp_path)

    process.send_signal(number)

    said, _ = process.communicate(timeout=WAIT_S)
    assert said.endswith("done\n")
    assert process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only the Linux kernel can tie a child's life to its parent's")
def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    process, child = a_supervising_process(tmp_path)
    handle = os.pidfd_open(child)

    process.kill()

    ended, _, _ = select.select([handle], [], [], WAIT_S)  # readable once the process has ended
    os.close(handle)
    process.communicate(timeout=WAIT_S)
    assert ended
