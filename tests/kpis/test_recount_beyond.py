"""What figures say beyond one number, against the second computation: around the clock, asleep, holdouts, wordings, money."""

from datetime import date
from pathlib import Path

import pytest

from tests.kpis import agreeing, chance, files, recount, recount_cases, recount_money
from tests.kpis.books import Books
from tests.kpis.counting import Wanted
from tests.kpis.estimates import newcombe
from workflows.intervals import Difference
from workflows.kpis import durations, engine, export, lift, money
from workflows.kpis.asked import Asked
from workflows.kpis.periods import Period

PERIOD = Period(date(2026, 10, 19), date(2027, 1, 15))
ALL = Wanted(PERIOD.first, PERIOD.last)


@pytest.fixture
def again(books: Books, tmp_path: Path) -> files.Books:
    """A clinic made up by chance, counted by the engine; its files."""
    books.keep(chance.clinic(2, runs=160))
    with books.begin() as session:
        engine.refresh(session)
        export.write(session, tmp_path / "out")
    return files.Books(tmp_path / "out")


def numbers(found: Difference | None) -> agreeing.Numbers:
    assert found is not None
    return found.value, found.low, found.high


def test_times_at_work_around_the_clock_asleep_and_awake(books: Books, again: files.Books) -> None:
    with books.begin() as session:
        found = {
            (kpi, cut): said(session, Asked(PERIOD, by=cut))
            for kpi, said in (
                ("time_to_claim", durations.time_to_claim),
                ("time_to_resolve", durations.time_to_resolve),
            )
            for cut in ("", "owner", "class")
        }

    for (kpi, cut), groups in found.items():
        other = recount_cases.times(again, kpi, Wanted(PERIOD.first, PERIOD.last, cut))
        assert {one.group for one in groups} == other.keys()
        for one in groups:
            told = other[one.group]
            pairs = [(one.business, told.working), (one.clock, told.clock)]
            if kpi == "time_to_resolve":
                assert one.resting is not None
                assert one.active is not None
                pairs += [(one.resting, told.resting or []), (one.active, told.active or [])]
            assert all(agreeing.close([said.median, said.p90], counted) for said, counted in pairs), (
                kpi,
                cut,
                one,
                told,
            )


def test_the_lift_and_its_interval(books: Books, again: files.Books) -> None:
    for program in ("", "no_show", "recall"):
        wanted = Wanted(PERIOD.first, PERIOD.last, program=program)
        with books.begin() as session:
            found = lift.incremental(session, PERIOD, program=program or None)
            arms = engine.figures(session, Asked(PERIOD, program or None, by="arm", kpis=("recovered",)))

        other = recount_money.lift(again, wanted)

        assert (found.contacted[::-1], found.holdout[::-1]) == (other.contacted, other.holdout), program
        assert agreeing.close(numbers(found.effect), other.effect), program
        anew = agreeing.of_recount({"recovered": recount_money.arms(again, wanted)})
        assert agreeing.differ(agreeing.of_engine(arms), anew) == {}, program


def test_what_was_spent_on_what_and_for_how_many_more_visits(books: Books, again: files.Books) -> None:
    with books.begin() as session:
        found = money.cost(session, PERIOD)

    other = recount_money.cost(again, ALL)

    counts = (other.runs, other.recovered, other.segments, other.calls, other.cases)
    assert (found.runs, found.recovered, found.segments, found.calls, found.cases) == counts
    assert min(counts) > 0
    spent = (found.total, found.incremental_recovered, found.per_incremental)
    assert agreeing.close(spent, (other.total, other.added, other.each_added))
    assert found.per_incremental is not None


def test_wordings_against_each_other(books: Books, again: files.Books) -> None:
    with books.begin() as session:
        found = lift.wordings(session, PERIOD)

    other = recount_money.wordings(again, ALL, recount.facts_of_runs(again))

    told = {(one.campaign, one.version): (one.replied[::-1], one.completed and one.completed[::-1]) for one in found}
    assert told == other
    (first, _), (second, done) = other.values()
    assert agreeing.close(numbers(found[1].reply_effect), newcombe(second, first))
    assert done is not None
