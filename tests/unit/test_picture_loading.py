"""A page asks for all its pictures at once, of a process that has drawn none yet."""

import subprocess
import sys

from tests.databases import ROOT

AT_ONCE = """
import threading
from bot.pictures import funnel, paper
from bot.pictures.points import Stage

steps, failed = [Stage("Started", 20), Stage("Replied", 9)], []
jobs = [
    lambda: paper.width("Started", size=9), lambda: paper.drawable("Started"), lambda: paper.luminance("#ffffff"),
    lambda: funnel.draw("Of 20, 9 replied", steps), lambda: funnel.draw("Of 20, 9 replied", steps),
]
ready = threading.Barrier(len(jobs))

def draw(job):
    ready.wait()
    try:
        job()
    except Exception as error:
        failed.append(type(error).__name__)

threads = [threading.Thread(target=draw, args=(job,)) for job in jobs]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(failed)
"""


def test_pictures_drawn_at_once_are_all_drawn_also_the_first_ones() -> None:
    done = subprocess.run([sys.executable, "-c", AT_ONCE], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
