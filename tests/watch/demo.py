"""The watch over a demo that was played: its processes' logs, held against the synthetic clinic and what its patients write."""

import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sandbox.clinic import clinic
from tests.headless import ROOT
from tests.watch import secrets
from tests.watch.hearing import Ears
from tests.watch.judging import Book, Leak, heard, leaks
from tests.watch.secrets import Secret


def leaks_in(logs: Path) -> list[Leak]:
    """What of a patient's the web, the workers and the clock wrote."""
    written = {file.stem: file.read_text("utf-8", "replace") for file in sorted(logs.glob("*.log"))}
    silent = [name for name in ("web", "worker", "clock") if not written.get(name)]
    assert not silent, f"{silent} wrote no line into {logs}"
    return leaks(Book(_known()), heard(Ears(printed=list(written.values()))))


def _known() -> Iterator[Secret]:
    for patient in clinic(date(2026, 11, 30)).resources["Patient"]:
        name, mail = patient["name"][0], patient["telecom"][-1]["value"]
        for word in (*name["given"], name["family"]):
            yield from secrets.names(word)
        yield from secrets.births(patient["birthDate"])
        yield from secrets.marks(patient["identifier"][0]["value"])
        yield from secrets.mails(mail)
        for contact in patient["telecom"][:-1]:
            yield from secrets.numbers(contact["value"])
    for said in _texts():
        yield from secrets.bodies(said, by_person=True)


def _texts() -> Iterator[str]:
    """What the story's patients write: the literals of `stage.text(…)`."""
    for path in sorted((ROOT / "sandbox").glob("scene*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "text":
                yield from (
                    one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
                )
