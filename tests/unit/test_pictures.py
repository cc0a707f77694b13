"""Charts that can be read: on a phone, in Slack's light and dark mode, with one, eight and twenty-five groups of any name."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from bot.pictures import bars, funnel, heat, native, paper, phases, trend
from bot.pictures.points import (
    ALT_MOST,
    OTHER,
    Point,
    Scale,
    Series,
    Stage,
    alternative,
    fewer,
    not_shown,
    scale,
    share,
)  # fmt: skip
from sandbox.slack import check_message
from tests import pictures
from workflows.kpis.definitions import KPIS

REACHED = Scale("Reached", "runs started")
SLACK_LIGHT, SLACK_DARK = "#ffffff", "#1a1d21"
NAMES = (
    "Lakeside Clinic",
    "Centro de Salud Nuestra Señora de la Asunción y San Ildefonso, consulta de seguimiento",
    "عيادة البحيرة للرعاية الأولية",
    "מרפאת האגם לרפואה ראשונית",
    "Niño Jesús",
    "Cost $5 and $6 visits",
    "East",
    "West_of_the river & co <b>",
    "Ward 7 \N{HOSPITAL}",
)
FINDINGS = (
    "Recall reaches 31 % (was 24 %)",
    "El recordatorio llega al 31 % de los pacientes (era 24 %), y la mayoría se pierde después del segundo mensaje del programa",
)


def weeks(count: int, *, start: int = 20, small: tuple[int, ...] = ()) -> tuple[Point, ...]:
    """So many weeks; those in `small` had fewer than ten."""
    made = []
    for week in range(count):
        n = 6 if week in small else 40 + 3 * week
        made.append(share(f"{('Sep', 'Oct', 'Nov')[week // 4 % 3]} {1 + 7 * week % 28}", n * (start + week) // 100, n))
    return tuple(made)


def groups(count: int) -> list[Series]:
    return [
        Series(
            f"{NAMES[place % len(NAMES)]} {place}" if place >= len(NAMES) else NAMES[place], weeks(8, start=10 + place)
        )
        for place in range(count)
    ]


def totals(count: int) -> list[Point]:
    return [share(one.name, 9 + 7 * place, 40 + 29 * place) for place, one in enumerate(groups(count))]


HOURS = {(day, hour): heat.Cell(day * 3 + (hour - 7) * 11, None) for day in range(6) for hour in range(8, 19)}
RATES = {(day, hour): heat.Cell(day + hour % 5, 4 + 9 * day) for day in range(5) for hour in range(7, 22)}
AROUND_THE_CLOCK = {(day, hour): heat.Cell(90_001 + 917 * hour, None) for day in range(7) for hour in range(24)}
STAGES = [
    Stage("Runs started", 1204),
    Stage("First text delivered to the mobile number that the EHR has", 1102),
    Stage("Replied", 401),
    Stage("Asked for a time", 377),
    Stage("Booked", 290),
]
PHASES = [
    share("Baseline", 88, 370),
    share("Pilot, runs 1 to 50", 15, 50),
    share("Pilot, runs 51 to 100", 16, 50),
    share("Steady state", 201, 640),
]
MORE_STAGES = [Stage(NAMES[place % len(NAMES)], round(90_000 * 0.8**place)) for place in range(25)]
METHOD = "EHR, 1 Aug to 30 Sep, all visits of the four sites"
Plot = Callable[[str], Figure]


def one_line(count: int, *, small: tuple[int, ...] = ()) -> Plot:
    return lambda finding: trend.plot(finding, [Series("All", weeks(count, small=small))], REACHED)


def lines(count: int) -> Plot:
    return lambda finding: trend.plot(finding, fewer(groups(count)), REACHED)


def rows(count: int) -> Plot:
    return lambda finding: bars.plot(finding, bars.merged(totals(count)), REACHED)


def money(finding: str) -> Figure:
    costs = [Point(one.label, 0, one.n, 9.5 * place) for place, one in enumerate(totals(25))]
    axis = scale("cost_per_recovered")
    return bars.plot(finding, bars.merged(costs, add_up=axis.adds_up), axis, note=not_shown(25, 8, add_up=axis.adds_up))


def minutes(finding: str) -> Figure:
    line = tuple(Point(f"Nov {d}", 0, 20 + d, 12.0 * d, None, 30.0 * d) for d in range(1, 9))
    return trend.plot(finding, [Series("All", line)], scale("time_to_claim"))


EVERY: dict[str, tuple[Plot, tuple[str, ...]]] = {
    "weeks-1": (one_line(1), ("Reached, % of runs started", "week beginning (n = 40)", "Upright line: 95 %")),
    "weeks-12": (
        one_line(12, small=(2, 5)),
        ("Reached, % of runs started", "week beginning (n = 6 to 73)", "n 73", "Shaded: 95 %", "Hollow: fewer than 10"),
    ),
    "weeks-53": (one_line(53), ("Reached, % of runs started", "week beginning")),
    "trend-2": (lines(2), ("Reached, % of runs started, by week beginning", "n = 404")),
    "trend-3": (lines(3), ("Reached, % of runs started, by week beginning",)),
    "trend-8": (lines(8), ("Reached, % of runs started, by week beginning",)),
    "trend-25": (lines(25), ("Reached, % of runs started, by week beginning", "Other (18)", "n = 7,272")),
    "ceiling": (
        lambda finding: trend.plot(
            finding,
            [Series(f"Site {n}", tuple(share(f"Nov {d}", (d + n) % 2 * d, d) for d in range(1, 9))) for n in range(4)],
            REACHED,
        ),
        ("Reached, % of runs started, by week beginning", "Hollow: fewer than 10"),
    ),
    "bars-1": (rows(1), ("Reached, % of runs started", "n = 40", "Black: 95 % interval")),
    "bars-8": (rows(8), ("Reached, % of runs started",)),
    "bars-25": (rows(25), ("Reached, % of runs started", "Other (18)")),
    "few": (
        lambda finding: bars.plot(finding, [share(NAMES[n], n % 3, 3 + n) for n in range(6)], REACHED),
        ("Reached, % of runs started", "2 of 5", "Hollow: fewer than 10, counted, no rate."),
    ),
    "money-25": (money, ("Cost of a recovered visit, $", "The 8 largest of 25.")),
    "funnel-1": (lambda finding: funnel.plot(finding, STAGES[:1]), ("runs", "1,204")),
    "funnel-5": (lambda finding: funnel.plot(finding, STAGES), ("runs", "Red: most are lost here, 701 runs.")),
    "funnel-8": (lambda finding: funnel.plot(finding, MORE_STAGES[:8]), ("runs", "% of the step before")),
    "funnel-25": (lambda finding: funnel.plot(finding, MORE_STAGES), ("runs", "8 of 25 steps")),
    "phases-1": (lambda finding: phases.plot(finding, PHASES[:1], REACHED), ("Reached, % of runs started", "n 370")),
    "phases-4": (
        lambda finding: phases.plot(finding, PHASES, REACHED, method=METHOD),
        ("Reached, % of runs started", "n 640", f"Baseline: {METHOD}", "Bars: 95 % interval. Dashed: baseline."),
    ),
    "minutes": (minutes, ("Time to claim, median (minutes, or hours)", "2.5\u00a0h", "Shaded: from the median")),
    "counts": (lambda finding: heat.plot(finding, HOURS, what="replies"), ("hour of the day, local (1 h", "replies")),
    "rates": (
        lambda finding: heat.plot(finding, RATES, what="% of visits due: no-shows"),
        ("hour of the day, local (2 h", "% of visits due", "Dotted: fewer than 10"),
    ),
    "clock": (lambda finding: heat.plot(finding, AROUND_THE_CLOCK, what="replies"), ("hour of the day, local (2 h",)),
    "nothing": (
        lambda finding: trend.plot(finding, [Series("All", ())], REACHED),
        ("Reached, % of runs started", "Nothing old enough"),
    ),
}
"""Every kind of chart with one, eight and twenty-five groups (a heat map has its cells, phases are four at most), and what it has to say:
the unit of each axis, of how many, what its marks mean."""


def finding_of(name: str) -> str:
    return FINDINGS[len(name) % 2]


@cache
def made(name: str) -> Figure:
    """Drawn once; kept where CARELOOP_PICTURES says for people to look at."""
    plot, _ = EVERY[name]
    if folder := os.environ.get("CARELOOP_PICTURES"):
        (Path(folder) / f"{name}.png").write_bytes(paper.printed(plot(finding_of(name)), finding="", alt="").png)
    return plot(finding_of(name))


@cache
def measured(name: str) -> list[pictures.Words]:
    return pictures.drawn(made(name))


def said_in(name: str) -> str:
    return " ".join(one.text.replace("\n", " ") for one in measured(name))


@pytest.mark.parametrize("name", EVERY)
def test_no_words_overlap_leave_the_card_are_small_or_pale_and_no_mark_is_faint(name: str) -> None:
    figure, words = made(name), measured(name)

    assert pictures.overlaps(words) == []
    assert pictures.outside(figure, words) == []
    assert pictures.written_over(figure, words) == []
    assert pictures.struck(figure, words) == []
    assert [one for one in words if one.shown_px < pictures.LEGIBLE_PX] == []
    assert [(one.text, one.contrast) for one in words if one.contrast < 4.5] == []
    assert pictures.faint(figure) == []
    assert pictures.unseen(figure) == []


@pytest.mark.parametrize("name", EVERY)
def test_the_finding_is_the_title_and_axes_have_units_and_n(name: str) -> None:
    title = made(name).get_suptitle().replace("\n", " ")

    assert title == finding_of(name)
    assert [wanted for wanted in EVERY[name][1] if wanted not in said_in(name)] == []


def test_the_measure_finds_what_is_wrong() -> None:
    figure = paper.sheet("A finding", height_in=2)
    axes = figure.add_subplot()
    axes.text(0.5, 0.5, "one over", fontsize=5, color="#cccccc")
    axes.text(0.5, 0.5, "the other")
    axes.text(1.2, 0.5, "far out in the open")
    axes.plot([0, 1], [0, 1], color="#dddddd")
    axes.barh(0.5, 0.55, height=0.02)
    axes.barh(0.2, 0.5, height=0.1, color=paper.BLUE)
    axes.plot([0.1, 0.4], [0.2, 0.2], color=paper.INK)

    words = pictures.drawn(figure)

    assert ("one over", "the other") in pictures.overlaps(words)
    assert pictures.outside(figure, words) != []
    assert "the other" in pictures.written_over(figure, words)
    assert min(one.shown_px for one in words) < pictures.LEGIBLE_PX
    assert min(one.contrast for one in words) < 4.5
    assert pictures.faint(figure) != []
    assert ("the other", "line") in pictures.struck(figure, words)
    assert pictures.unseen(figure) == [f"{paper.INK} on a bar"]


@pytest.mark.parametrize("background", [SLACK_LIGHT, SLACK_DARK])
def test_the_cards_edge_is_seen_on_slacks_light_and_dark_background(background: str) -> None:
    assert paper.contrast(paper.EDGE, background) >= 3


@pytest.mark.parametrize("colour", [*paper.COLOURS, paper.REST, paper.EDGE, paper.ALARM])
def test_every_colour_of_a_mark_stands_out_on_the_card(colour: str) -> None:
    assert paper.contrast(colour, paper.CARD) >= 3


def test_a_picture_is_its_own_card_whatever_is_behind_it() -> None:
    drawn = Image.open(BytesIO(bars.draw(FINDINGS[0], totals(2), REACHED).png)).convert("RGBA")

    assert drawn.getchannel("A").getextrema() == (255, 255)
    assert drawn.getpixel((0, drawn.height // 2)) == (*(int(paper.EDGE[n : n + 2], 16) for n in (1, 3, 5)), 255)


def test_of_twenty_five_groups_the_largest_seven_are_shown_and_the_rest_as_one() -> None:
    found = fewer(groups(25))

    assert len(found) == 8
    assert found[-1].name == f"{OTHER} (18)"
    assert sum(one.n for one in found) == sum(one.n for one in groups(25))
    assert min(one.n for one in found[:-1]) >= max(
        one.n for one in groups(25) if one.name not in {f.name for f in found}
    )


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_adding_small_groups_up_loses_nobody(counts: list[tuple[int, int]]) -> None:
    given_ = [share(f"G{place}", min(pair), max(pair)) for place, pair in enumerate(counts)]

    shown = bars.merged(given_)

    assert len(shown) <= 8
    assert sum(point.n for point in shown) == sum(point.n for point in given_)
    assert sum(point.hits for point in shown) == sum(point.hits for point in given_)


def test_fewer_than_ten_are_counts_with_a_hollow_mark() -> None:
    assert "2 of 5" in said_in("few")
    assert "33" not in said_in("few")


def test_a_dollar_begins_no_formula_and_a_letter_that_no_font_has_is_a_box() -> None:
    said = [one.text for one in pictures.drawn(bars.plot("Costs $5, was $6", totals(9), REACHED))]

    assert "Costs $5, was $6" in said
    assert any(text.startswith("Cost $5 and $6") for text in said)
    assert paper.drawable("Ward 7 \N{HOSPITAL}\n2") == "Ward 7 □ 2"


def test_the_text_for_who_cannot_see_says_the_finding_and_the_numbers() -> None:
    found = trend.draw("Recall reaches 31 %", [Series("All", weeks(4, small=(1,)))], REACHED)

    assert found.png.startswith(b"\x89PNG")
    assert found.alt.startswith(
        "Recall reaches 31 %. Reached, % of runs started, by week beginning, newest first. Sep 22: 22\u00a0% (11 of 49,"
    )
    assert "1 of 6, too few for a rate" in found.alt


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    lines = paper.wrapped(
        "Completed in this week and in all weeks before: 36\u00a0%, was 41\u00a0%", width_pt=260, size=12, lines=3
    )

    assert "36\u00a0%," in lines
    assert "\n%" not in lines


def test_a_name_that_is_cut_keeps_its_end_by_which_it_is_told_apart() -> None:
    names = [paper.clipped(f"{NAMES[1]} {n}", width_pt=138, size=paper.SMALL, tail=paper.NAME_TAIL) for n in (17, 18)]

    assert len(set(names)) == 2
    assert all(paper.width(name, size=paper.SMALL) <= 138 for name in names)


def test_a_long_text_is_cut_between_sentences_and_says_so() -> None:
    text = alternative("Finding", [f"Group {n}: {'x' * 90}" for n in range(40)])

    assert len(text) <= ALT_MOST
    assert text.endswith("more.")


def test_the_funnel_names_the_step_where_most_are_lost_and_of_few_says_no_share() -> None:
    assert funnel.worst(STAGES) == 2
    assert funnel.left(STAGES)[2] == "401 (36\u00a0% of the step before)"
    assert funnel.left([Stage("a", 9), Stage("b", 3)]) == ["9", "3"]
    assert funnel.left([Stage("Replied", 28), Stage("Completed", 29)]) == ["28", "29 (some without the step before)"]
    assert funnel.worst([Stage("a", 5), Stage("b", 1)]) is None
    assert funnel.worst([Stage("a", 50), Stage("b", 50)]) is None


def test_a_long_funnel_shows_its_ends_and_where_most_are_lost() -> None:
    stages = [Stage(f"Step {n}", count) for n, count in enumerate([90, 89, 60, 59, 58, 57, 30, 29, 28, 27, 26, 5])]

    assert funnel.worst(stages) == 2
    assert {0, 2, 6, 11} < set(funnel.shown(stages))
    assert len(funnel.shown(stages)) == 8
    assert funnel.left(stages)[6] == "30 (53\u00a0% of the step before)"


def test_hours_over_a_long_day_are_two_a_column_and_add_up() -> None:
    starts, each = heat.columns(RATES)
    cells = heat.binned(RATES, starts, each)

    assert (starts[0], each) == (6, 2)
    assert len(starts) <= 12
    assert sum(cell.hits for cell in cells.values()) == sum(cell.hits for cell in RATES.values())


@pytest.mark.parametrize("kpi", KPIS)
def test_every_kpi_has_an_axis_with_a_unit(kpi: str) -> None:
    axis = scale(kpi)

    assert axis.unit in axis.title
    assert axis.said(0.31)


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("%", 0.3127, "31\u00a0%"), ("$", 14.2, "$14"), ("$", 3.456, "$3.46"), ("$", 0.0, "$0"),
        ("%", 0.025, "2.5\u00a0%"), ("points", -0.07, "−7"), ("minutes", 14.4, "14\u00a0min"),
        ("minutes", 200.0, "3.3\u00a0h"), ("per 1,000", 2.14, "2.1"),
    ],
)  # fmt: skip
def test_numbers_are_said_with_no_more_digits_than_they_carry(unit: str, value: float, said: str) -> None:
    assert Scale("x", unit=unit).said(value) == said  # type: ignore[arg-type]


def test_slacks_own_charts_hold_what_slack_takes_and_say_the_intervals_in_words() -> None:
    made = [
        native.line(FINDINGS[1], [Series("All programs of the clinic", weeks(12))], REACHED),
        native.bars(FINDINGS[0], bars.merged(totals(8)), REACHED),
        native.funnel(FINDINGS[0], STAGES),
    ]

    for blocks in made:
        assert blocks is not None
        assert check_message(blocks, "Charts") == []
    assert "95 % interval" in str(made[0])


def test_what_has_too_few_behind_it_is_no_chart_of_slacks_own() -> None:
    assert native.line("x", [Series("All", weeks(6, small=(2,)))], REACHED) is None
    assert native.line("x", groups(2), REACHED) is None
    assert native.bars("x", totals(1), REACHED) is None


def test_threads_draw_the_same_picture_as_one_alone() -> None:
    alone = bars.draw("Recall reaches 31 %", totals(1), REACHED).png

    with ThreadPoolExecutor(2) as pool:
        drawing = [pool.submit(bars.draw, "Recall reaches 31 %", totals(1), REACHED) for _ in range(2)]
        together = [each.result().png for each in drawing]

    assert together == [alone] * 2


def test_nothing_is_loaded_before_the_first_picture() -> None:
    code = (
        "import sys, app, handlers.http, handlers.jobs\n"
        "from bot.pictures import bars, funnel, heat, phases, trend\n"
        "print([name for name in ('matplotlib', 'numpy', 'PIL') if name in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("rounds", "kinds_"), [(1, 2), pytest.param(50, 4, marks=pytest.mark.long)], ids=["2 pictures", "200 pictures"]
)
def test_memory_stays_flat_however_many_pictures_are_drawn(rounds: int, kinds_: int) -> None:
    draws: list[Callable[[], object]] = [
        lambda: trend.draw("Recall reaches 31 %", [Series("All", weeks(6))], REACHED),
        lambda: bars.draw("Recall reaches 31 %", totals(3), REACHED),
        lambda: phases.draw("Recall reaches 31 %", PHASES[:2], REACHED),
        lambda: funnel.draw("Recall reaches 31 %", STAGES[:3]),
    ]

    def kinds() -> None:
        for draw in draws[:kinds_]:
            draw()

    kinds()
    before = _resident_mb()
    for _ in range(rounds):
        kinds()

    assert _resident_mb() - before < 8


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
