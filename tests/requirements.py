"""Requirement numbers: which test asserts each, which function implements it, and the proof that the test would notice its absence.

`python -m tests.requirements` writes docs/requirements.md; `--prove [S25 …]` disables each implementing function in turn and runs its test.
"""

import argparse
import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "requirements.md"
PYTEST_FAILED = 1  # pytest's exit code for "tests ran and some failed"


@dataclass(frozen=True, slots=True)
class Mark:
    """One `@pytest.mark.req(number, by="module:qualified.name")` on a test."""

    number: str
    test: str  # pytest's node id
    by: str | None


class Disabled(Exception):
    """Raised instead of doing the work of a function that was switched off."""


def names() -> dict[str, str]:
    """What each number means."""
    found: dict[str, str] = yaml.safe_load((ROOT / "tests" / "requirements.yaml").read_text("utf-8"))
    return found


def marks() -> list[Mark]:
    """Every marker in the tests, read from the source, in the order of numbers."""
    found = [mark for path in sorted((ROOT / "tests").rglob("test_*.py")) for mark in _marks(path)]
    return sorted(found, key=lambda mark: (order(mark.number), mark.by is None, mark.test))


def rules() -> set[str]:
    """The codes of rules (T6, R3 …) that docs/rules.md explains; tests may carry them too, the list of requirements does not."""
    return set(re.findall(r"\b[TRKPHC]\d+\b", (ROOT / "docs" / "rules.md").read_text("utf-8")))


def order(number: str) -> tuple[str, int]:
    """S before N is not the alphabet's order; numbers count as numbers."""
    return (str("SN".find(number[0])), int(number[1:]))


def _marks(path: Path) -> Iterator[Mark]:
    where = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.req":
                    by = next((ast.literal_eval(word.value) for word in call.keywords if word.arg == "by"), None)
                    yield Mark(ast.literal_eval(call.args[0]), f"{where}::{node.name}", by)


def page() -> str:
    """docs/requirements.md as it should be."""
    known = names()
    rows = [
        f"| {mark.number} | {known[mark.number]} | {_test(mark)} | {_by(mark)} |"
        for mark in marks()
        if mark.number in known
    ]
    missing = [number for number in known if number not in {mark.number for mark in marks()}]
    head = (
        "# Requirements and the tests that hold them\n\n"
        "Made by `python -m tests.requirements` from the markers on the tests; do not edit. `--prove` disables each implementing\n"
        "function in turn and shows that its test fails.\n\n"
        "| number | what | test | implemented by |\n|---|---|---|---|\n"
    )
    foot = f"\nWithout a marked test today: {', '.join(missing)}.\n" if missing else ""
    return head + "\n".join(rows) + "\n" + foot


def _test(mark: Mark) -> str:
    where, _, name = mark.test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{where})"


def _by(mark: Mark) -> str:
    return f"`{mark.by}`" if mark.by else ""


def function(by: str) -> FunctionType:
    """The function that "module:Class.name" names. Raises LookupError when there is none."""
    module, _, path = by.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        if not hasattr(found, part):
            raise LookupError(f"there is no {by}")
        found = found.__dict__[part] if isinstance(found, type) else getattr(found, part)
    found = getattr(found, "fget", found) or found
    found = getattr(found, "__wrapped__", getattr(found, "__func__", found))
    if not isinstance(found, FunctionType):
        raise LookupError(f"{by} is not a function")  # noqa: TRY004 - the name is what is wrong
    return found


def disable(by: str) -> None:
    """Switch a function off in this process, whoever imported it before: calling it raises Disabled."""
    target = function(by)
    target.__code__ = _off(target.__code__.co_freevars)


def _off(free: tuple[str, ...]) -> CodeType:
    """Code that raises, with as many free variables as the code it replaces."""
    cells = "".join(f"    {name} = None\n" for name in free)
    uses = "".join(f"            {name}\n" for name in free)
    source = (
        "def outer():\n" + cells + "    def off(*args, **kwargs):\n"
        "        from tests.requirements import Disabled\n"
        "        raise Disabled('switched off to see who notices')\n"
        + (f"        if 0:\n{uses}" if free else "")
        + "    return off\n"
    )
    space: dict[str, Callable[[], FunctionType]] = {}
    exec(source, space)
    return space["outer"]().__code__


def prove(wanted: list[str]) -> int:
    """For each number: its test passes, and fails once the implementing function is switched off. How many do not."""
    chosen: dict[str, Mark] = {}
    for mark in marks():
        if mark.by and (not wanted or mark.number in wanted):
            chosen.setdefault(mark.number, mark)
    wrong = [number for number in wanted if number not in chosen]
    for number in wrong:
        _say(f"{number}: no marker names its implementing function")
    for number, mark in chosen.items():
        noticed = _run(mark, disabled=True) == PYTEST_FAILED and _run(mark, disabled=False) == 0
        _say(f"{number}: {'noticed' if noticed else 'NOT NOTICED'}  {mark.by}  {mark.test}")
        wrong += [] if noticed else [number]
    _say(f"{len(chosen)} requirements, {len(wrong)} whose test does not notice")
    return len(wrong)


def _run(mark: Mark, *, disabled: bool) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mark.test]
    if disabled:
        command += ["--disable", str(mark.by)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Write the page, or prove."""
    asked = argparse.ArgumentParser(prog="tests.requirements", description=__doc__)
    asked.add_argument("--prove", nargs="*", metavar="NUMBER", help="switch off each implementing function in turn")
    found = asked.parse_args()
    if found.prove is not None:
        sys.exit(1 if prove(found.prove) else 0)
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
