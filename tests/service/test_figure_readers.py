"""`app.py reader`: a token that reads figures and nothing else, shown once, refused once it is revoked."""

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from core.errors import Refused
from handlers.cli.commands import reader
from handlers.cli.root import Root
from storage.tables import FigureReader
from tests.service.desk import Desk
from workflows import sources
from workflows.kpis import readers


def typed(desk: Desk, command: click.Command, *words: str) -> Result:
    root = Root(settings=lambda *_: None, database=lambda _: desk.db)  # type: ignore[arg-type]
    return CliRunner().invoke(command, words, obj=root)


def test_a_reader_gets_its_token_once_and_only_the_hash_is_kept(desk: Desk) -> None:
    assert "none by team. Say --yes" in typed(desk, reader.COMMAND, "add", "warehouse").stdout

    token = typed(desk, reader.COMMAND, "add", "warehouse", "--yes").stdout.strip()

    with desk.begin() as session:
        row = session.scalars(select(FigureReader)).one()
        assert readers.of_token(session, readers.hash_of(token)) == row
    assert (row.token_hash, row.sees_owners) == (readers.hash_of(token), False)
    assert desk.db.route(readers.ROUTE, row.token_hash) == desk.org
    assert typed(desk, reader.COMMAND, "list").stdout == "warehouse  live  without figures by team\n"
    assert typed(desk, reader.COMMAND, "revoke", "warehouse", "--yes").stdout == "warehouse is revoked.\n"
    with desk.begin() as session:
        assert readers.of_token(session, readers.hash_of(token)) is None


def test_a_token_that_starts_programs_reads_no_figures_and_the_other_way_round(desk: Desk) -> None:
    with desk.begin() as session:
        starts = sources.hash_of(sources.add(session, "crm", programs=["no_show"], owner="crm_team", actor="test"))
        reads = readers.hash_of(readers.add(session, "warehouse", sees_owners=True, actor="test"))

    assert desk.db.route(readers.ROUTE, starts) is None
    assert desk.db.route(sources.ROUTE, reads) is None


@pytest.mark.parametrize("name", ["Big House", "x", "warehouse"])
def test_a_reader_is_refused_with_its_reason(desk: Desk, name: str) -> None:
    with desk.begin() as session:
        readers.add(session, "warehouse", sees_owners=False, actor="test")

    with pytest.raises(Refused, match="Nothing was changed"), desk.begin() as session:
        readers.add(session, name, sees_owners=False, actor="test")
