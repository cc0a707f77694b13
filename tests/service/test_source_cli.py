"""`app.py source` and `app.py tag`: nothing is written without --yes, and a token is shown once."""

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from core.errors import Refused
from handlers.cli.commands import source, tag
from handlers.cli.root import Root
from storage.tables import Tag, TriggerSource
from tests.service.desk import Desk
from workflows import sources

ADD = ("add", "crm", "--program", "no_show", "--owner", "crm_team")


def typed(desk: Desk, command: click.Command, *words: str) -> Result:
    root = Root(settings=lambda *_: None, database=lambda _: desk.db)  # type: ignore[arg-type]
    return CliRunner().invoke(command, words, obj=root)


def test_a_source_gets_its_token_once_and_only_the_hash_is_kept(desk: Desk) -> None:
    assert "Say --yes" in typed(desk, source.COMMAND, *ADD).stdout

    token = typed(desk, source.COMMAND, *ADD, "--yes").stdout.strip()

    with desk.begin() as session:
        row = session.scalars(select(TriggerSource)).one()
    assert (row.programs, row.token_hash, desk.db.route(sources.ROUTE, sources.hash_of(token))) == (
        ["no_show"], sources.hash_of(token), desk.org,
    )  # fmt: skip
    listed = typed(desk, source.COMMAND, "list").stdout
    assert listed == "crm  live  owner crm_team  no_show\n"
    assert typed(desk, source.COMMAND, "revoke", "crm", "--yes").stdout == "crm is revoked.\n"
    assert '"revoked_at": "2026-' in typed(desk, source.COMMAND, "list", "--json").stdout


@pytest.mark.parametrize(
    ("name", "programs"), [("ehr", ["no_show"]), ("Big CRM", ["no_show"]), ("crm", ["horoscope"]), ("crm", [])]
)
def test_a_source_is_refused_with_its_reason(desk: Desk, name: str, programs: list[str]) -> None:
    with pytest.raises(Refused, match="Nothing was changed"), desk.begin() as session:
        sources.add(session, name, programs=programs, owner="x", actor="test")


def test_a_patient_is_tagged_by_the_ehrs_id_and_untagged(desk: Desk) -> None:
    patient = desk.patient(ehr_id="pt-1")
    put = ("put", "high_value", "--patient", "pt-1")

    assert "Say --yes" in typed(desk, tag.COMMAND, *put).stdout
    assert [typed(desk, tag.COMMAND, *put, "--yes").stdout for _ in range(2)] == [
        "Done.\n", "It was so already. Nothing was changed.\n",
    ]  # fmt: skip
    with desk.begin() as session:
        assert session.scalars(select(Tag.key)).all() == [str(patient)]
    typed(desk, tag.COMMAND, "drop", *put[1:], "--yes")
    with desk.begin() as session:
        assert session.scalars(select(Tag.key)).all() == []
    assert typed(desk, tag.COMMAND, "put", "high_value").exit_code == 2
