"""Stored texts are read again: the differences in codes, nothing written, a loss is an error."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from handlers.cli.commands import understand
from handlers.cli.root import Root
from storage.tables import AuditRow, ReadingRow
from tests.factories import MONDAY_NOON
from tests.service.desk import Desk
from tests.service.test_corrections import correct, who
from workflows import replaying


def replay(desk: Desk, *words: str) -> Result:
    root = Root(settings=lambda *_: None, database=lambda _: desk.db)  # type: ignore[arg-type]
    return CliRunner().invoke(understand.COMMAND, ["--replay", *words], obj=root)


def read_before(desk: Desk, **then: Any) -> None:
    """As if an older engine had read the newest text so."""
    with desk.begin() as session:
        newest = select(ReadingRow.id).order_by(ReadingRow.id.desc()).limit(1).scalar_subquery()
        session.execute(update(ReadingRow).where(ReadingRow.id == newest).values(engine="1", **then))


def audited(desk: Desk) -> int:
    with desk.begin() as session:
        return session.scalars(select(func.count()).select_from(AuditRow)).one()


def test_what_is_read_otherwise_now_is_listed_in_codes_and_nothing_is_written(desk: Desk) -> None:
    desk.patient()
    desk.text("my incision is leaking pus")
    read_before(desk, urgency="admin", intents=["other"])
    desk.text("thank you", sid="SM2")
    before = audited(desk)

    done = replay(desk, "2026-11-23")

    assert done.exit_code == 0
    assert "admin -> urgent, -other, +complication" in done.output
    assert "2 texts read again, 1 differently: 1 more urgent, 0 less" in done.output
    assert "my incision" not in done.output
    assert audited(desk) == before


@pytest.mark.parametrize("then", [{"urgency": "emergency"}, {"opt_out": True, "intents": ["thanks", "opt_out"]}])
def test_a_lost_emergency_or_opt_out_is_an_error(desk: Desk, then: dict[str, Any]) -> None:
    desk.patient()
    desk.text("thank you")
    read_before(desk, **then)

    done = replay(desk, "2026-11-23T11:00", "--json")

    assert done.exit_code == 1
    one, counts = [json.loads(line) for line in done.output.splitlines()]
    assert (one["lost"], one["engine"][0]) == (True, "1")
    assert counts["summary"]["emergencies_lost"] + counts["summary"]["opt_outs_lost"] == 1


def test_what_a_clinician_corrected_is_no_loss(desk: Desk) -> None:
    desk.patient()
    desk.text("lalala")
    read_before(desk, urgency="emergency", intents=["emergency"])
    correct(desk, who(desk, "clinician"), "admin", "other", note="false_alarm")

    assert replay(desk, "2026-11-23").exit_code == 0


def test_texts_before_the_date_are_left_alone(desk: Desk) -> None:
    desk.patient()
    desk.text("my incision is leaking pus")
    read_before(desk, urgency="admin", intents=["other"])

    assert "0 texts read again" in replay(desk, "2026-11-24").output


def test_every_text_is_read_once_however_small_the_batches(desk: Desk) -> None:
    desk.patient()
    for number in range(5):
        desk.text("thank you", sid=f"SM{number}")
    summary = replaying.Summary()

    found = list(replaying.replay(desk.db, desk.org, since=MONDAY_NOON, summary=summary, batch=2))

    assert (found, summary.read) == ([], 5)
