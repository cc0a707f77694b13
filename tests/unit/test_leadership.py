"""Leadership's page: one sheet, nothing over anything else, and the same figures as the report."""

import io
import itertools
from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pypdf import PdfReader

from bot import figure_words, leadership
from bot.leadership import HIGH, MARGIN, WIDE
from tests.report_scene import a_sheet, an_empty_sheet
from workflows.kpis.sheets import Sheet
from workflows.kpis.verdicts import Verdict

LONG = "A finding that goes on for as long as anybody can make it, with numbers such as 31 % (n = 1,004, 28–34 %), and never ends"
SHEETS = {
    "usual": a_sheet(),
    "empty": an_empty_sheet(),
    "long": replace(a_sheet(), digest=replace(a_sheet().digest, title="A program whose name is much too long for any page of paper " * 3, verdicts=[Verdict("x", f"{LONG} {n} {LONG}", "A rule", next=LONG) for n in range(9)])),  # noqa: E501
}  # fmt: skip


def text(made: bytes) -> str:
    pages = PdfReader(io.BytesIO(made)).pages
    assert len(pages) == 1
    return pages[0].extract_text().replace("\u00a0", " ")


def boxes(figure: Figure) -> list[tuple[str, float, float, float, float]]:
    """Every text and picture with its place in points from the lower left."""
    figure.set_dpi(360)  # letters are laid on whole pixels
    canvas = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    found = [(one.get_text(), one.get_window_extent(renderer)) for one in figure.texts]
    found += [("picture", one.get_window_extent(renderer)) for one in figure.axes]
    scale = 72 / figure.dpi
    return [(name, b.x0 * scale, b.y0 * scale, b.x1 * scale, b.y1 * scale) for name, b in found]


@pytest.mark.req("S68", by="bot.leadership:_table")
def test_the_page_says_the_same_figures_as_the_report() -> None:
    sheet = a_sheet()
    said = text(leadership.build(sheet, clinic="Lakeside Clinic"))

    assert "Lakeside Clinic · All programs" in said
    for kpi in leadership.SHOWN:
        row = sheet.row(kpi)
        assert row is not None
        assert figure_words.value(row.figure).replace("\u00a0", " ") in said
        assert figure_words.interval(row.figure).replace("\u00a0", " ") in said
    assert "Needs faster staff follow-up" in said
    assert "A recovered visit cost $73" in said
    assert "may be chance" in said


def test_a_figure_of_older_days_says_so() -> None:
    said = text(leadership.build(a_sheet(), clinic="Lakeside Clinic"))

    assert "Completed *" in said
    assert "* Of Oct 12 to Oct 18, 2026, the newest days that are old enough: Completed," in " ".join(said.split())
    assert "Reached *" not in said


def test_money_says_what_may_be_chance_and_divides_nothing_by_too_few() -> None:
    sheet = a_sheet()
    lift = replace(sheet.lift[2], figure=replace(sheet.lift[2].figure, value=-0.26, low=-0.51, high=0.07))
    cost = sheet.row("cost_per_recovered")
    assert cost is not None
    before = replace(cost, before=replace(cost.figure, numerator=58, denominator=3, value=None))
    rows = [before if row is cost else row for row in sheet.rows]

    said = " ".join(text(leadership.build(replace(sheet, rows=rows, lift=[lift]), clinic="Lakeside Clinic")).split())

    assert "26 fewer came back than of those kept apart by lot (95 % interval −51 to +7), which may be chance." in said
    assert "58 of 3" not in said


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_lies_over_anything_else_or_off_the_page(name: str) -> None:
    found = boxes(leadership.draw(SHEETS[name], clinic="Lakeside Clinic"))

    assert len(found) > 8
    for what, left, bottom, right, top in found:
        assert left >= MARGIN - 1, what
        assert right <= WIDE - MARGIN + 1, what
        assert bottom >= 20, what
        assert top <= HIGH - MARGIN + 1, what
    for (one, l1, b1, r1, t1), (other, l2, b2, r2, t2) in itertools.combinations(found, 2):
        apart = r1 <= l2 + 0.5 or r2 <= l1 + 0.5 or t1 <= b2 + 0.5 or t2 <= b1 + 0.5
        assert apart, f"{one!r} lies over {other!r}"


@pytest.mark.parametrize("name", SHEETS)
def test_it_is_one_page_whatever_there_is_to_say(name: str) -> None:
    sheet: Sheet = SHEETS[name]

    said = text(leadership.build(sheet, clinic="Lakeside Clinic"))

    assert "Before you repeat these numbers" in said
    assert "without patients' data" in said
    assert "nan" not in said.casefold()
