"""A refresh ends where a rebuild from nothing does, whatever was written meanwhile and however late."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import event, select, text, update
from sqlalchemy.engine import Engine

from handlers.cli.commands import recount
from handlers.cli.root import Root
from storage import numbers
from storage.tables import (
    Disruption,
    Enrollment,
    FormAnswer,
    FormLink,
    KpiCase,
    KpiDay,
    KpiEnrollment,
    KpiState,
    KpiVisit,
)
from tests import factories
from tests.service.desk import Desk
from tests.service.kpi_scene import TODAY, Ledger, Run, at
from workflows.kpis import case_facts, engine, rollups

Story = tuple[Ledger, list[Run]]


@pytest.fixture
def story(desk: Desk) -> Story:
    """Eight runs of several programs with texts, replies, cases and visits, counted once."""
    rows = Ledger(desk)
    runs = [rows.run(f"11-{day:02} 09:00") for day in (2, 3, 4)]
    runs += [rows.run("11-05 09:00", program="survey", event="appointment.fulfilled") for _ in range(2)]
    runs += [rows.run("11-06 13:00", program="discharge", event="encounter.discharged") for _ in range(2)]
    runs.append(
        rows.run(
            "11-06 13:00", program="reminder", event="appointment.booked", outcome="confirmed", ended="11-09 09:00"
        )
    )
    for place, run in enumerate(runs):
        rows.text(
            run,
            f"11-0{7 + place % 3} 09:05",
            step="ask" if 2 < place < 5 else "first",
            state="sent" if place % 2 else "delivered",
        )
        rows.visit(run, "11-10 09:00", status="noshow" if place < 4 else "booked", booked="11-01 09:00")
        if place % 3:
            rows.reply(run, "11-09 10:00", "ready")
            rows.case(run, "11-09 11:00")
    refreshed(rows)
    return rows, runs


def refreshed(rows: Ledger) -> None:
    rows.desk.at(TODAY)
    with rows.desk.begin() as session:
        engine.refresh(session)


def written(rows: Ledger) -> dict[str, list[Any]]:
    """Everything that is derived."""
    with rows.desk.begin() as session:
        return {
            table.__tablename__: sorted(
                str(tuple(row))
                for row in session.execute(select(*[one for one in table.__table__.columns if one.name != "made"]))
            )
            for table in (KpiEnrollment, KpiVisit, KpiCase, KpiDay)
        }


def sql(statement: str, **said: Any) -> Callable[[Story], None]:
    def act(story: Story) -> None:
        rows, runs = story
        with rows.desk.begin() as session:
            session.execute(
                text(statement),
                {name: runs[value].id if isinstance(value, int) else value for name, value in said.items()},
            )

    return act


def wrong_number(story: Story) -> None:
    rows, runs = story
    rows.desk.at(at("11-20 09:00"))
    with rows.desk.begin() as session:
        numbers.suppress(session, runs[1].number_id, source="wrong_number", message_id=None)


def form(story: Story) -> None:
    rows, runs = story
    with rows.desk.begin() as session:
        run = session.scalars(select(Enrollment).where(Enrollment.id == runs[3].id)).one()
        link = FormLink(
            org_id=run.org_id, token_hash=b"1", form="survey", version=1, patient_id=run.patient_id, number_id=run.number_id,
            enrollment_id=run.id, language="en", made_at=at("11-06 09:00"), expires_at=at("11-20 09:00"),
        )  # fmt: skip
        session.add(link)
        session.flush()
        message = session.execute(text("SELECT id FROM messages LIMIT 1")).scalar_one()
        session.add(
            FormAnswer(
                org_id=run.org_id,
                link_id=link.id,
                form="survey",
                version=1,
                patient_id=run.patient_id,
                enrollment_id=run.id,
                message_id=message,
                coded={"score": 4},
                answered_at=at("11-07 09:00"),
            )
        )


def closed_by_snow(story: Story) -> None:
    rows, _ = story
    with rows.desk.begin() as session:
        boss = factories.a_member_of_staff(session, role="manager", slack_id="U0BOSS")
        session.add(
            Disruption(
                org_id=boss.org_id, kind="site", key="loc-main", label="Main Street", day=at("11-10 09:00").date(), reason="weather",
                asked_by_id=boss.id,
                asked_at=at("11-10 06:00"), approved_by_id=boss.id, approved_at=at("11-10 07:00"),
            )
        )  # fmt: skip


def renamed_site(story: Story) -> None:
    rows, _ = story
    with rows.desk.begin() as session:
        session.execute(text("UPDATE sites SET name = 'North'"))


CHANGES: dict[str, Callable[[Story], Any]] = {
    "a late word of the provider": sql(
        "UPDATE messages SET state = 'delivered', state_at = careloop.now() WHERE state = 'sent'"
    ),
    "a text planned again": sql(
        "UPDATE messages SET state = 'planned', sent_at = NULL, state_at = careloop.now() WHERE state = 'sent'"
    ),
    "a late reply": lambda story: story[0].reply(story[1][0], "11-09 08:00", "ready"),
    "a reading": sql("UPDATE readings SET opt_out = true"),
    "a score": sql("UPDATE readings SET score = 3, context = 'survey_0_10'"),
    "a wrong number": wrong_number,
    "a form": form,
    "a call": lambda story: story[0].case(story[1][0], "11-03 09:00", calls=["11-03 10:00 reached"]),
    "a case that is claimed": sql(
        "UPDATE cases SET state = 'claimed', claimed_at = opened_at + interval '2 hours' WHERE state = 'open'"
    ),
    "what became of a case": sql(
        "INSERT INTO case_events (org_id, case_id, at, what) SELECT org_id, id, opened_at + interval '1 hour', 'closed' FROM cases"
    ),
    "a case that was another one's": sql(
        "UPDATE cases SET state = 'closed', disposition = 'merged', closed_at = careloop.now()"
    ),
    "a case for another team": sql("UPDATE cases SET team_id = (SELECT id FROM teams WHERE code = 'clinical')"),
    "an ending": sql(
        "UPDATE enrollments SET state = 'ended', outcome = 'booked', ended_at = :at WHERE id = :id",
        id=0,
        at=at("11-20 09:00"),
    ),
    "a patient's language": sql("UPDATE patients SET language = 'es'"),
    "a visit attended": sql("UPDATE appointments SET status = 'fulfilled' WHERE status = 'booked'"),
    "a missed visit that was cancelled in time": sql(
        "UPDATE appointments SET status = 'cancelled', ehr_updated_at = :at WHERE status = 'noshow'",
        at=at("11-01 09:00"),
    ),
    "a new visit": lambda story: story[0].visit(story[1][0], "11-20 09:00", status="fulfilled", booked="11-12 09:00"),
    "a visit that moves to another chart": sql(
        "UPDATE appointments SET patient_id = (SELECT patient_id FROM enrollments WHERE id = :id)", id=5
    ),
    "a run that moves to another chart": sql(
        "UPDATE enrollments SET patient_id = (SELECT patient_id FROM enrollments WHERE id = :other) WHERE id = :id",
        id=0,
        other=6,
    ),
    "two charts with one visit": sql(
        "UPDATE enrollments SET appointment_id = (SELECT min(id::text)::uuid FROM appointments) WHERE id IN (:a, :b)",
        a=0,
        b=1,
    ),
    "a holdout": sql("UPDATE enrollments SET holdout = true WHERE id = :id", id=2),
    "a day on which the clinic was closed": closed_by_snow,
    "a site": renamed_site,
    "another zone": sql("UPDATE organisations SET zone = 'Pacific/Auckland'"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_refresh_after_a_change_is_a_rebuild_to_the_digit(story: Story, change: str) -> None:
    rows, _ = story
    before = written(rows)

    CHANGES[change](story)
    refreshed(rows)

    found = written(rows)
    with rows.desk.begin() as session:
        engine.rebuild(session)
    assert found == written(rows)
    assert found != before


def test_a_refresh_with_nothing_new_writes_nothing(story: Story) -> None:
    rows, _ = story
    with rows.desk.begin() as session:
        before = session.execute(text("SELECT ctid::text FROM kpi_enrollments ORDER BY enrollment_id")).all()

    refreshed(rows)

    with rows.desk.begin() as session:
        assert session.execute(text("SELECT ctid::text FROM kpi_enrollments ORDER BY enrollment_id")).all() == before


def test_what_a_transaction_writes_while_a_refresh_runs_is_in_the_next_one(story: Story) -> None:
    rows, runs = story
    with rows.desk.begin() as open_one:
        open_one.execute(text("UPDATE enrollments SET holdout = true WHERE id = :id"), {"id": runs[0].id})
        refreshed(rows)
        refreshed(rows)

    refreshed(rows)

    found = written(rows)
    with rows.desk.begin() as session:
        engine.rebuild(session)
    assert found == written(rows)
    assert sum("True" in row for row in found["kpi_enrollments"])


def test_who_refreshes_while_somebody_else_does_leaves_it_to_them(story: Story) -> None:
    rows, _ = story
    with rows.desk.begin() as first:
        assert engine.refresh(first)
        with rows.desk.begin() as second:
            assert not engine.refresh(second)

    with rows.desk.begin() as third:
        assert engine.refresh(third)


def test_counts_of_another_server_are_made_anew(story: Story) -> None:
    rows, _ = story
    with rows.desk.begin() as session:
        session.execute(update(KpiState).values(basis="1:elsewhere"))
        session.execute(text("DELETE FROM kpi_days"))

    refreshed(rows)

    assert written(rows)["kpi_days"]


def test_an_operator_makes_the_counts_anew_and_is_told_as_of_when(story: Story) -> None:
    rows, _ = story
    before = written(rows)
    root = Root(settings=lambda *_: None, database=lambda _: rows.desk.db)  # type: ignore[arg-type]
    with rows.desk.begin() as session:
        session.execute(text("DELETE FROM kpi_days"))

    assert "With --yes it is made anew." in CliRunner().invoke(recount.COMMAND, obj=root).stdout
    assert written(rows)["kpi_days"] == []
    found = CliRunner().invoke(recount.COMMAND, ["--yes"], obj=root)

    assert (found.stdout, written(rows)) == ("Counted as of 2026-12-31 18:00 UTC.\n", before)


def test_cases_are_written_so_many_at_a_time_however_many_changed(story: Story) -> None:
    rows, _ = story
    many = 2 * case_facts.AT_ONCE + 10
    with rows.desk.begin() as session:
        session.execute(
            text(
                """
                INSERT INTO cases (org_id, dedupe_key, kind, priority, reason, team_id, opened_at, due_at)
                SELECT org_id, 'many:' || n, 'reschedule', 'normal', 'reply', id, :at, :at
                FROM teams, generate_series(1, :many) AS n WHERE code = 'patient_access'
                """
            ),
            {"at": at("11-09 09:00"), "many": many},
        )
    written_at_once: list[str] = []

    def count(_link: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "INSERT INTO kpi_cases" in statement:
            written_at_once.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        refreshed(rows)
    finally:
        event.remove(Engine, "before_cursor_execute", count)

    assert len(written_at_once) == 3
    with rows.desk.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM kpi_cases WHERE claim_minutes IS NULL")) > many


def test_groups_add_up_to_the_whole(story: Story) -> None:
    rows, _ = story
    for kpi in rollups.KPIS:
        whole = rows.figure(kpi, fresh=False)
        for by in ("source", "language", "site", "age", "area", "outcome", "wording", "week", "program", "phase"):
            parts = rows.figures(kpi, by=by, fresh=False)
            assert sum(part.numerator for part in parts) == whole.numerator, (kpi, by)
            assert sum(part.denominator for part in parts) == whole.denominator, (kpi, by)


def test_another_organisations_rows_are_not_counted(story: Story) -> None:
    rows, _ = story
    before = written(rows)
    other: UUID = factories.an_organisation(rows.desk.db)
    with rows.desk.db.begin(org=other) as session:
        factories.an_appointment(session, factories.a_patient(session))
        engine.refresh(session)
        assert len(session.scalars(select(KpiVisit)).all()) == 2

    refreshed(rows)

    assert written(rows) == before


class Killed(BaseException):
    """The worker dies in the middle of a part."""


def anew(rows: Ledger) -> None:
    """Something the counts stand on is another: all are to be made anew."""
    rows.desk.at(TODAY)
    with rows.desk.begin() as session:
        session.execute(update(KpiState).values(basis="0:before"))


def part(rows: Ledger, *, killed: bool = False) -> bool:
    """One part, of three patients or of one day."""
    more = True
    with suppress(Killed), rows.desk.begin() as session:
        more = engine.go_on(session, tried=15)
        if killed:
            raise Killed
    return more or killed


def rebuilt(rows: Ledger) -> dict[str, list[Any]]:
    with rows.desk.begin() as session:
        engine.rebuild(session)
    return written(rows)


def test_made_in_parts_with_a_kill_at_each_it_is_a_rebuild_to_the_digit(story: Story) -> None:
    rows, _ = story
    anew(rows)
    parts = 0

    while part(rows, killed=True) and part(rows):
        parts += 1

    assert parts > 10
    assert written(rows) == rebuilt(rows)


def test_figures_stay_as_they_were_until_all_are_made_anew(story: Story) -> None:
    rows, runs = story
    before = rows.figure("reach", fresh=False)
    rows.reply(runs[0], "11-03 09:00", "ready")
    anew(rows)

    seen = []
    while part(rows):
        seen.append(rows.figure("reach", fresh=False))

    assert all(figure == before for figure in seen)
    assert rows.figure("reach", fresh=False).numerator == before.numerator + 1


def test_what_is_written_while_all_is_made_anew_is_found_by_the_next_refresh(story: Story) -> None:
    rows, runs = story
    anew(rows)
    for _ in range(8):
        part(rows)

    rows.reply(runs[0], "11-03 09:00", "ready")
    while part(rows):
        pass
    refreshed(rows)

    assert written(rows) == rebuilt(rows)


def test_when_the_ground_changes_in_the_middle_it_begins_again(story: Story) -> None:
    rows, _ = story
    anew(rows)
    for _ in range(8):
        part(rows)

    CHANGES["another zone"](story)
    while part(rows):
        pass

    assert written(rows) == rebuilt(rows)


def test_a_refresh_takes_up_what_was_left_in_the_middle(story: Story) -> None:
    rows, runs = story
    anew(rows)
    for _ in range(3):
        part(rows)

    rows.reply(runs[0], "11-03 09:00", "ready")
    refreshed(rows)

    assert written(rows) == rebuilt(rows)


def test_a_part_that_took_too_long_is_tried_with_less_and_so_are_those_after_it(story: Story) -> None:
    rows, _ = story
    anew(rows)
    with rows.desk.begin() as session:
        engine.go_on(session)
    with rows.desk.begin() as session:
        engine.go_on(session, tried=16)  # of one patient

    parts = 1
    more = True
    while more:
        with rows.desk.begin() as session:
            more = engine.go_on(session)
        parts += 1

    assert parts > 10
    assert written(rows) == rebuilt(rows)
