"""A page asks for all its pictures at once, of a process that has drawn none yet."""

import ast
import subprocess
import sys
from collections.abc import Iterator

from tests.databases import ROOT

AT_ONCE = """
import threading
from bot.pictures import funnel, heat, paper
from bot.pictures.points import Stage

steps, failed = [Stage("Started", 20), Stage("Replied", 9)], []
jobs = [
    lambda: paper.width("Started", size=9), lambda: paper.drawable("Started"), lambda: paper.luminance("#ffffff"),
    lambda: funnel.draw("Of 20, 9 replied", steps), lambda: heat.shade(0.5),
    lambda: heat.plot("One replied", {(0, 9): heat.Cell(1)}, what="replies"),
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


def test_whoever_imports_matplotlib_has_it_loaded_first() -> None:
    paths = [*ROOT.joinpath("bot", "pictures").glob("*.py"), ROOT / "bot" / "leadership.py"]

    drawn = [
        (path.name, function)
        for path in paths
        if path.name != "loading.py"
        for function in _functions(path.read_text())
    ]

    careless = [f"{name}: {function.name}" for name, function in drawn if _imports(function) and not _loads(function)]
    assert careless == []
    assert sum(_imports(function) for _, function in drawn) > 5


def _functions(text: str) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))


def _imports(function: ast.FunctionDef) -> bool:
    found = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
    return any("matplotlib" in ast.unparse(node) for node in found)


def _loads(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(line) == "load()" for line in function.body)
