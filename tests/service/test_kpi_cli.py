"""`app.py kpi`: rows for spreadsheets and programs, never NaN, and a sentence with exit code 2 for what cannot be answered."""

import csv
import io
import json

import pytest
from click.testing import CliRunner, Result

from handlers.cli.commands import kpi
from handlers.cli.root import Root
from tests.service.desk import Desk
from workflows.kpis import figure_rows
from workflows.kpis.definitions import KPIS


def typed(desk: Desk, *words: str) -> Result:
    root = Root(settings=lambda *_: None, database=lambda _: desk.db)  # type: ignore[arg-type]
    return CliRunner().invoke(kpi.COMMAND, words, obj=root)


def test_json_and_csv_say_the_same_of_every_kpi(desk: Desk) -> None:
    desk.enrolled()
    desk.arrive()

    told = [json.loads(line) for line in typed(desk, "--json").stdout.splitlines()]
    table = list(csv.DictReader(io.StringIO(typed(desk, "--csv").stdout)))

    assert [tuple(row) for row in told] == [figure_rows.COLUMNS] * len(told)
    assert {row["kpi"] for row in told} == set(KPIS)
    assert [["" if value is None else str(value) for value in row.values()] for row in told] == [
        list(row.values()) for row in table
    ]
    assert "nan" not in typed(desk, "--csv").stdout.casefold().split(",")


@pytest.mark.parametrize(
    ("words", "say"),
    [
        (("--program", "horoscope"), "There is no program horoscope. Say one of: "),
        (("--from", "2020-01-01", "--to", "2020-02-01"), "There is nothing before 2026-11-23"),
        (("--from", "2031-01-01"), "has not begun"),
        (("--from", "2026-11-23", "--to", "2026-11-01"), "ends before it begins"),
        (("--by", "shoe_size"), "Say one of: source, "),
    ],
)
def test_what_cannot_be_answered_ends_with_a_sentence_and_2(desk: Desk, words: tuple[str, ...], say: str) -> None:
    desk.enrolled()

    ended = typed(desk, *words)

    assert ended.exit_code == 2
    assert say in " ".join(ended.stderr.split())


def test_before_anybody_was_contacted_there_is_nothing_to_count(desk: Desk) -> None:
    ended = typed(desk, "--json")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "nothing to count" in ended.stderr
