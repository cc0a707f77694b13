"""Asked to end, a process ends, however often and fast it is asked: make, a terminal and a supervisor each ask the whole group."""

import subprocess
import sys

from core.stopping import ENDING
from tests.databases import ROOT

WAITS = """
from core.stopping import Stop
stop = Stop()
print("up", flush=True)
while not stop.within(60):
    pass
print("asked" if stop.asked else "not asked", flush=True)
"""


def test_a_burst_of_signals_ends_it() -> None:
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-c", WAITS], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"

        for _ in range(300):
            for number in ENDING:
                process.send_signal(number)

        try:
            told, _ = process.communicate(timeout=10)
        finally:
            process.kill()
        assert told == "asked\n"  # a signal that comes while the interpreter is leaving may still be its end
