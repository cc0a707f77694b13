"""Requirement numbers: which test asserts each, which function implements it, and the proof that the test would notice its absence.

`python -m tests.requirements` writes docs/requirements.md; `--prove [S25 …]` disables each implementing function in turn and runs its test.
"""

import argparse
import ast
import importlib
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, get_args, get_origin

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "requirements.md"
_EMPTY: dict[Any, str] = {
    bool: "False",
    list: "[]",
    tuple: "()",
    dict: "{}",
    set: "set()",
    frozenset: "frozenset()",
    Sequence: "()",
    Iterable: "()",
    Iterator: "iter(())",
}
ALONE = 8  # requirements that one process proves sooner than two
_RAISE = """\
        from tests.requirements import Disabled
        raise Disabled("switched off to see who notices")
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """One `@pytest.mark.req(number, by="module:qualified.name")` on a test."""

    number: str
    test: str  # pytest's node id
    by: str | None

    @property
    def journey(self) -> bool:
        """Whether the test goes all the way from edge to vendor."""
        return self.test.startswith("tests/journey/")


class Disabled(Exception):
    """Raised instead of doing the work of a function that was switched off."""


def names() -> dict[str, str]:
    """What each number means."""
    found: dict[str, str] = yaml.safe_load((ROOT / "tests" / "requirements.yaml").read_text("utf-8"))
    return found


def marks() -> list[Mark]:
    """Every marker in the tests, read from the source, in the order of numbers."""
    found = [mark for path in sorted((ROOT / "tests").rglob("test_*.py")) for mark in _marks(path)]
    return sorted(found, key=lambda mark: (order(mark.number), mark.by is None, not mark.journey, mark.test))


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
    known, marked = names(), marks()
    rows = [
        f"| {mark.number} | {known[mark.number]} | {_test(mark)} | {_by(mark)} |"
        for mark in marked
        if mark.number in known
    ]
    missing = sorted(known.keys() - {mark.number for mark in marked}, key=order)
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


@contextmanager
def disabled(by: str) -> Iterator[None]:
    """In here this function does nothing, whoever imported it before: it returns what its type calls nothing, or raises Disabled."""
    target = function(by)
    kept = target.__code__
    target.__code__ = _off(kept.co_freevars, _nothing(target))
    try:
        yield
    finally:
        target.__code__ = kept


def _nothing(target: FunctionType) -> str | None:
    """The literal of an empty answer of this function; None when its type has none."""
    said: Any = target.__annotations__.get("return", ...)
    if said is None or type(None) in get_args(said):
        return "None"
    return _EMPTY.get(get_origin(said) or said)


def _off(free: tuple[str, ...], answer: str | None) -> CodeType:
    """Code that answers this or raises, with as many free variables as the code it replaces."""
    cells = "".join(f"    {name} = None\n" for name in free)
    uses = "".join(f"            {name}\n" for name in free)
    source = (
        "def outer():\n" + cells + "    def off(*args, **kwargs):\n"
        + (f"        if 0:\n{uses}" if free else "")
        + (f"        return {answer}\n" if answer else _RAISE)
        + "    return off\n"
    )  # fmt: skip
    space: dict[str, Callable[[], FunctionType]] = {}
    exec(source, space)
    return space["outer"]().__code__


def chosen(wanted: Sequence[str] = ()) -> list[Mark]:
    """The mark that proves each wanted number (none: each that names its function); a journey's where there is one."""
    found: dict[str, Mark] = {}
    for mark in marks():
        if mark.by and (not wanted or mark.number in wanted):
            found.setdefault(mark.number, mark)
    return list(found.values())


def prove(wanted: list[str]) -> int:
    """For each number: its test passes, and fails once the implementing function is switched off. How many do not."""
    found = chosen(wanted)
    wrong = set(wanted) - {mark.number for mark in found}
    for number in sorted(wrong, key=order):
        _say(f"{number}: no marker names its implementing function")
    files = sorted({mark.test.partition("::")[0] for mark in found})
    spread = ["-n", "2"] if len(found) > ALONE else []
    command = [sys.executable, "-m", "pytest", "-p", "tests.proof", "-p", "no:terminal", "-p", "no:randomly"]
    command += ["-p", "no:cacheprovider", *spread, "--prove", ",".join(wanted), *files]
    began = time.monotonic()
    failed = subprocess.run(command, cwd=ROOT, check=False).returncode if found else 0
    _say(
        f"{len(found)} requirements in {time.monotonic() - began:.0f} s: {'not all proved' if failed or wrong else 'all noticed'}"
    )
    return failed + len(wrong)


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
