"""Which pictures a digest has, and what each says: its finding is by the rule of intervals, not by the larger number."""

from dataclasses import replace
from datetime import date

import pytest

from bot import digest_pictures
from tests.report_scene import PROGRAM_NAMES, a_digest, week, weeks_of
from workflows.kpis.asked import Asked
from workflows.kpis.digests import Digest
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


def of_programs(**counts: tuple[int, int]) -> Digest:
    figures = [share("completion", *pair, period=NOVEMBER, group=code) for code, pair in counts.items()]
    return replace(a_digest(Asked(NOVEMBER), {}), breakdowns={"program": figures})


def line(newest: tuple[int, int]) -> list[tuple[date, Figure]]:
    """Eleven weeks at 25 %, then this one."""
    return [*weeks_of(50, 200)[:11], (week(11).first, share("completion", *newest, period=week(11)))]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"recall": (310, 400), "no_show": (100, 400)}, "Recall completes most: 78\u00a0%, the next 25\u00a0%"),
        (
            {"recall": (160, 400), "no_show": (40, 400), "reminder": (165, 400)},
            "No-show recovery completes least: 10\u00a0%, the next 40\u00a0%",
        ),
        (
            {"recall": (184, 400), "no_show": (60, 200), "reminder": (20, 44)},
            "Recall completes most: 46\u00a0%, the others 33\u00a0%",
        ),
        ({"recall": (12, 40), "no_show": (11, 40)}, "No program surely completes more or less than the others"),
    ],
)
def test_a_program_is_named_only_where_its_interval_is_apart(counts: dict[str, tuple[int, int]], said: str) -> None:
    digest = of_programs(**counts)

    assert digest_pictures.which_stands_out(digest) == said
    assert digest_pictures.SHOWN["programs"].alt(digest).startswith(said)


def test_a_program_whose_newest_week_fell_is_told_before_one_that_rose() -> None:
    digest = replace(of_programs(), trends={"recall": line((120, 200)), "no_show": line((10, 200))})

    assert digest_pictures.which_moved(digest).startswith("No-show recovery completes less than before: 5\u00a0%")
    calm = replace(digest, trends={"recall": line((52, 200)), "no_show": line((4, 9))})
    assert "No program" in digest_pictures.which_moved(calm)


def test_each_title_is_of_what_its_picture_shows_and_of_what_it_is_held_against() -> None:
    digest = a_digest(Asked(NOVEMBER), {})
    trend, phases = digest_pictures.draw(digest, ("trend", "phases"))
    (later,) = digest_pictures.draw(replace(digest, phases=digest.phases[1:]), ("phases",))

    assert trend.title == "Completed: 35\u00a0%, was 27\u00a0% in the weeks before, which may be chance"
    assert phases.title == "Completed is higher than before: 30\u00a0%, was 18\u00a0%"
    assert later.title == "Completed: 30\u00a0%, was 24\u00a0% in the first runs, which may be chance"


def test_the_hour_of_most_replies_is_a_column_of_its_picture() -> None:
    hours = {(0, 7): 4, (1, 8): 10, (1, 9): 2, (4, 12): 8, (4, 13): 8, (2, 20): 2}

    (found,) = digest_pictures.draw(replace(a_digest(Asked(NOVEMBER), {}), hours=hours), ("hours",))

    assert found.title == "Most reply on Fridays, 12p to 2p: 16 of 34 replies"
    assert "Fri 12p to 2p: 16" in found.alt


def test_one_program_alone_has_no_comparison() -> None:
    digest = of_programs(recall=(310, 400), reminder=(2, 9))
    shown = [one.name for one in digest_pictures.there(replace(digest, trends={}), digest_pictures.IN_THREAD)]

    assert "programs" not in shown
    assert "weeks_by_program" not in shown


@pytest.mark.req("S66", by="bot.digest_pictures:_programs")
def test_thread_and_page_compare_the_programs() -> None:
    digest = a_digest(Asked(NOVEMBER), {})

    drawn = digest_pictures.draw(digest, ("programs", "weeks_by_program"))

    assert [one.png[:4] for one in drawn] == [b"\x89PNG"] * 2
    assert all(name in drawn[0].alt for name in PROGRAM_NAMES.values())
    assert {"programs", "weeks_by_program"} <= {*digest_pictures.IN_THREAD} & {*digest_pictures.ON_PAGE}
