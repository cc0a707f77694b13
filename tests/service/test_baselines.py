"""Baselines and calls, brought in from files and held against what is now."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from handlers.cli.commands import baseline
from handlers.cli.commands import callbacks as calls
from handlers.cli.root import Root
from storage.db import new_id, org_of
from storage.tables import AuditRow, CaseEvent, TriggerEvent
from tests import factories
from tests.service.desk import Desk
from tests.service.kpi_rows import a_case, a_run, a_text, at, patients
from workflows import case_calls, staff
from workflows.intervals import difference
from workflows.kpis import baselines, callbacks, prices
from workflows.kpis.asked import Asked
from workflows.kpis.figures import share
from workflows.kpis.periods import Period

HEAD = "program,kpi,numerator,denominator,from,to,method"
GOOD = f"{HEAD}\n,no_show,188,1000,2026-08-31,2026-09-27,report 12\nno_show,no_show,20,100,2026-08-31,2026-09-27,report 13\n"
GIVEN = {"segment_usd": 1, "staff_hour_usd": 1, "staff_minutes_a_case": 1}
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


def test_baselines_are_kept_once_and_the_audit_has_both(desk: Desk) -> None:
    lines = baselines.parse(GOOD.splitlines())
    with desk.begin() as session:
        first = baselines.keep(session, lines, actor="operator")
        again = baselines.keep(session, lines, actor="operator")
        changed = baselines.keep(session, baselines.parse(GOOD.replace("188", "190").splitlines()), actor="operator")

        told = list(
            session.scalars(select(AuditRow.detail).where(AuditRow.action == "baseline.kept").order_by(AuditRow.id))
        )
        found = baselines.every(session)

    assert (first, again, changed) == (2, 0, 1)
    assert [(row.get("was"), row["now"]) for row in told] == [
        (None, "188/1000"),
        (None, "20/100"),
        ("188/1000", "190/1000"),
    ]
    assert [(one.program, one.numerator, one.method) for one in found] == [
        ("", 190, "report 12"),
        ("no_show", 20, "report 13"),
    ]


@pytest.mark.parametrize(
    ("file", "say"),
    [
        ("a,b\n1,2\n", "The first line must be"),
        (HEAD, "There is no line below the first"),
        (f"{HEAD}\n,no_show,1,2", "Line 2: it needs 7 columns"),
        (f"{HEAD}\n,no_show,few,100,2026-08-31,2026-09-27,x", "Line 2: numerator and denominator are whole numbers"),
        (f"{HEAD}\n,nothing,1,100,2026-08-31,2026-09-27,x", "Line 2: there is no KPI of that name"),
        (f"{HEAD}\n,no_show,1,100,2026-08-31,2026-09-26,x", "Line 2: a baseline is of at least four weeks"),
        (f"{HEAD}\n,no_show,101,100,2026-08-31,2026-09-27,x", "Line 2: the numerator is not a part"),
        (f"{HEAD}\n,no_show,1,0,2026-08-31,2026-09-27,x", "Line 2: the numerator is not a part"),
        (f"{HEAD}\n,no_show,1,100,2026-08-31,2026-09-27,", "Line 2: method says how it was counted"),
        (f"{HEAD}\n,no_show,1,100,2026-09-27,2026-08-31,x", "Line 2: it ends before it begins"),
        (GOOD + ",no_show,1,100,2026-08-31,2026-09-27,x", "no_show of all programs is there twice"),
        (f'{HEAD}\n,no_show,1,100,2026-08-31,2026-09-27,"x" y', "is not CSV"),
    ],
)
def test_a_bad_file_is_refused_whole_with_its_line(file: str, say: str) -> None:
    with pytest.raises(Refused) as refusal:
        baselines.parse(file.splitlines())

    assert say in refusal.value.say
    assert refusal.value.say.endswith("Nothing was kept.")


def test_a_baseline_ends_before_the_first_text(desk: Desk) -> None:
    with desk.begin() as session:
        run = a_run(session, patients(session, 1)[0], started=at("09-20 09:00"))
        a_text(session, run, sent=at("09-20 09:05"))

        with pytest.raises(Refused, match="The first text left on 2026-09-20"):
            baselines.keep(session, baselines.parse(GOOD.splitlines()), actor="operator")


def test_a_change_against_the_baseline_has_an_interval(desk: Desk) -> None:
    with desk.begin() as session:
        baselines.keep(session, baselines.parse(GOOD.splitlines()), actor="operator")

        own = baselines.delta(session, share("no_show", 10, 90, period=OCTOBER), "no_show")
        other = baselines.delta(session, share("no_show", 10, 90, period=OCTOBER), "recall")
        few = baselines.delta(session, share("no_show", 1, 9, period=OCTOBER), "recall")
        none = baselines.delta(session, share("reach", 10, 90, period=OCTOBER), "recall")

    assert own.change == difference((90, 10), (100, 20))
    assert other.change == difference((90, 10), (1000, 188))
    assert (few.change, few.note) == (None, "Too few for a comparison.")
    assert (none.change, none.note) == (None, "There is no baseline of it.")


def test_baselines_are_figures_of_their_own_phase_and_days(desk: Desk) -> None:
    calls = "\n,avoidable_callbacks,300,200,2026-08-31,2026-09-27,phone system"
    with desk.begin() as session:
        baselines.keep(session, baselines.parse((GOOD.strip() + calls).splitlines()), actor="operator")

        found = baselines.figures(session, Asked(OCTOBER, program="recall", by="phase"))

    assert [(one.kpi, one.group, one.phase, one.value) for one in found] == [
        ("no_show", "baseline", "baseline", 0.188), ("avoidable_callbacks", "baseline", "baseline", None),
    ]  # fmt: skip
    assert found[0].period == Period(date(2026, 8, 31), date(2026, 9, 27))
    assert found[1].note == "300 of 200, phone system"


@pytest.mark.req("S121", by="workflows.kpis.baselines:from_ehr")
def test_no_shows_before_the_first_send_are_counted_from_the_ehr(desk: Desk) -> None:
    with desk.begin() as session:
        person, *_ = patients(session, 2)
        for n in range(40):
            when = at("08-03 09:00") + timedelta(days=n)
            factories.an_appointment(session, person, status="noshow" if n % 4 == 0 else "fulfilled", start=when)
        ahead = at("08-20 09:00")
        factories.an_appointment(
            session, person, status="cancelled", start=ahead, ehr_updated_at=ahead - timedelta(hours=30)
        )
        factories.an_appointment(
            session, person, status="cancelled", start=ahead, ehr_updated_at=ahead - timedelta(hours=3)
        )
        factories.an_appointment(session, person, status="noshow", start=at("09-14 09:00"))
        a_text(session, a_run(session, person, started=at("09-12 09:00")), sent=at("09-12 09:05"))

        found = baselines.from_ehr(session)
        baselines.keep(session, [found], actor="operator")

    assert (found.numerator, found.denominator) == (10, 41)
    assert (found.first, found.last) == (date(2026, 8, 3), date(2026, 9, 11))
    assert found.method == "counted from the EHR's appointments"


def test_fewer_than_four_weeks_of_visits_are_refused(desk: Desk) -> None:
    with desk.begin() as session:
        person = patients(session, 1)[0]
        for n in range(20):
            factories.an_appointment(session, person, start=at("11-01 09:00") + timedelta(days=n))

        with pytest.raises(Refused, match="needs four weeks of visits"):
            baselines.from_ehr(session)


def _discharged(session: Session, patient_id: UUID, key: str) -> None:
    when = at("10-06 09:00")
    session.add(
        TriggerEvent(
            org_id=org_of(session), id=new_id(session), source="ehr", external_id=key, kind="encounter.discharged", occurred_at=when,
            received_at=when, owner="ehr", patient_id=patient_id, verdict="enrolled",
        )
    )  # fmt: skip
    session.flush()


WEEKS = "week,reason,count\n2026-10-05,instructions,12\n2026-10-05,billing,7\n2026-10-12,form,3\n"


@pytest.mark.req("S117", by="workflows.kpis.callbacks:counted")
def test_avoidable_calls_per_100_discharges_against_the_baseline(desk: Desk) -> None:
    kept = f"{HEAD}\n,avoidable_callbacks,300,200,2026-08-31,2026-09-27,phone system\n"
    with desk.begin() as session:
        for n, person in enumerate(patients(session, 20)):
            _discharged(session, person.id, f"d{n}")
        (nothing,) = callbacks.figures(session, Asked(OCTOBER))
        callbacks.keep(session, callbacks.parse(WEEKS.splitlines()), actor="operator")
        callbacks.keep(session, callbacks.parse(WEEKS.splitlines()), actor="operator")
        (bare,) = callbacks.figures(session, Asked(OCTOBER))
        baselines.keep(session, baselines.parse(kept.splitlines()), actor="operator")

        (found,) = callbacks.figures(session, Asked(OCTOBER))
        counted = callbacks.counted(session, OCTOBER)

    assert nothing.note.startswith("no data")
    assert bare.note == "75 avoidable calls per 100 discharges; no baseline to hold it against."
    assert (counted.by_reason, counted.avoidable, counted.discharges) == (
        {"instructions": 12, "billing": 7, "form": 3},
        15,
        20,
    )
    assert (counted.first, counted.last) == (date(2026, 10, 5), date(2026, 10, 18))
    assert (found.numerator, found.denominator, found.value) == (15, 20, 0.5)


def test_weeks_that_nobody_counted_have_no_discharges_and_a_sum_says_nothing_of_one_program(desk: Desk) -> None:
    with desk.begin() as session:
        for n, person in enumerate(patients(session, 20)):
            _discharged(session, person.id, f"d{n}")
        callbacks.keep(session, callbacks.parse(["week,reason,count", "2026-10-12,form,3"]), actor="operator")

        counted = callbacks.counted(session, OCTOBER)
        of_one = callbacks.counted(session, OCTOBER, program="discharge")

    assert (counted.avoidable, counted.discharges, counted.source) == (3, 0, "phone")
    assert (of_one.avoidable, of_one.source) == (0, "")


def test_calls_and_discharges_count_once_they_are_thirty_days_old(desk: Desk) -> None:
    """It is November 23: the 23rd of October is old enough, the 24th is not."""
    with desk.begin() as session:
        for day in ("10-23 09:00", "10-24 09:00"):
            case = a_case(session, opened=at(day), due=at("10-30 09:00"))
            session.add(
                CaseEvent(
                    org_id=case.org_id, case_id=case.id, at=at(day), what="call_logged", detail="they_called:form"
                )
            )
        session.flush()

        (found,) = callbacks.figures(session, Asked(OCTOBER))

    assert found.numerator == 1


def test_calls_logged_on_cases_count_where_no_phone_system_does(desk: Desk) -> None:
    with desk.begin() as session:
        person = factories.a_member_of_staff(session, role="manager")
        who = staff.of_id(session, person.id)
        case = a_case(session, opened=at("11-23 09:00"), due=at("11-24 09:00"))
        session.flush()
        for why in ("instructions", "repeat", "billing"):
            case_calls.log(session, case.id, "they_called", why=why, by=who)

        found = callbacks.counted(session, Period(date(2026, 11, 23), date(2026, 11, 23)))

    assert (found.source, found.by_reason, found.avoidable) == (
        "cases",
        {"instructions": 1, "repeat": 1, "billing": 1},
        2,
    )


@pytest.mark.parametrize(
    ("file", "say"),
    [
        ("reason,week,count\n", "The first line must be"),
        ("week,reason,count\n", "There is no line below the first"),
        ("week,reason,count\n2026-10-06,form,3", "2026-10-06 is no Monday"),
        ("week,reason,count\n2026-10-05,weather,3", "Line 2: there is no such reason"),
        ("week,reason,count\n2026-10-05,form,-1", "Line 2: count is 0 to"),
        ("week,reason,count\n2026-10-05,form,many", "count a whole number"),
        ("week,reason,count\n2026-10-05,form", "too many or too few columns"),
        ("week,reason,count\n2026-10-05,form,1\n2026-10-05,form,2", "is there twice"),
    ],
)
def test_a_bad_file_of_calls_is_refused_whole(file: str, say: str) -> None:
    with pytest.raises(Refused) as refusal:
        callbacks.parse(file.splitlines())

    assert say in refusal.value.say


def test_a_week_to_come_and_a_strange_program_are_refused(desk: Desk) -> None:
    with desk.begin() as session:
        for file, say in (
            ("week,reason,count\n2026-11-23,form,1", "is not over yet"),
            ("week,reason,count,program\n2026-10-05,form,1,nothing", "names a program that is not here"),
        ):
            with pytest.raises(Refused, match=say):
                callbacks.keep(session, callbacks.parse(file.splitlines()), actor="operator")


@pytest.mark.parametrize(
    "said", [{"segment_usd": 0.01}, GIVEN | {"segment_usd": -1}, {"texts": 1}, [], GIVEN | {"segment_usd": True}]
)
def test_prices_that_cannot_be_are_refused(said: object) -> None:
    with pytest.raises(Misconfigured):
        prices.read(said)


def test_the_commands_say_what_they_would_keep_and_keep_it(desk: Desk, tmp_path: Path) -> None:
    root = Root(settings=lambda *_names: None, database=lambda _settings: desk.db)  # type: ignore[arg-type]
    weeks, lines = tmp_path / "weeks.csv", tmp_path / "lines.csv"
    weeks.write_text(WEEKS)
    lines.write_text(GOOD)

    def run(command: object, *said: str) -> str:
        return CliRunner().invoke(command, said, obj=root, catch_exceptions=False).output  # type: ignore[arg-type]

    assert run(calls.COMMAND, "import", str(weeks)) == "3 lines can be read. Say --yes to keep them.\n"
    assert run(calls.COMMAND, "import", str(weeks), "--yes") == "3 lines are kept.\n"
    assert run(baseline.COMMAND, "import", str(lines), "--yes") == "2 baselines are kept, 2 of them new or changed.\n"
    assert (
        run(baseline.COMMAND, "list").splitlines()[0]
        == "all programs: no_show 188 of 1000, 2026-08-31 to 2026-09-27, report 12"
    )
