"""`app.py report`: leadership's page from the command line."""

import io
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from handlers.cli.commands import report
from tests.service.desk import Desk


class Here:
    """The desk's database in the place of the one that settings name."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def db(self) -> Any:
        return self._desk.db

    def org(self, db: Any, shown: str | None) -> Any:
        return self._desk.org


def run(desk: Desk, *words: str) -> Result:
    return CliRunner().invoke(report.COMMAND, list(words), obj=cast("Any", Here(desk)))


@pytest.mark.req("S68", by="bot.leadership:build")
def test_a_month_becomes_one_page(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "november.pdf"

    done = run(desk, "--pdf", str(file), "--month", "2026-11")

    assert done.exit_code == 0, done.output
    (page,) = PdfReader(io.BytesIO(file.read_bytes())).pages
    assert "All programs · Nov 1 to Nov 23, 2026" in page.extract_text()
    assert "one page" in done.output


def test_a_program_that_there_is_none_of_is_named(desk: Desk, tmp_path: Path) -> None:
    done = run(desk, "--pdf", str(tmp_path / "x.pdf"), "--program", "nothing")

    assert done.exit_code == 2
    assert "there is no program nothing here" in done.output
    assert not (tmp_path / "x.pdf").exists()
