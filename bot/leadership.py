"""Leadership's page: one month on one sheet of paper. Findings in plain words, before and after, money, and what to be careful with."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from bot import digest as face
from bot import digest_pictures, figure_words
from bot.pictures import paper
from bot.pictures.loading import load
from workflows.kpis.definitions import KPIS
from workflows.kpis.moves import Change
from workflows.kpis.sheets import caveats
from workflows.kpis.words import said, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bot.pictures.paper import Picture
    from workflows.kpis.figures import Figure as Figured
    from workflows.kpis.sheets import Row, Sheet

WIDE, HIGH = 612.0, 792.0  # US Letter, in points
MARGIN = 46.0
ROOM = WIDE - 2 * MARGIN
LEADING = 1.36
SLACK = 6.0  # letters are laid on whole pixels, and a line grows by it
CELL = 8.5
SHOWN = (
    "reach", "response", "completion", "untouched", "no_show", "rebooked", "recovered", "time_to_claim", "opt_out", "cost_per_recovered",
)  # fmt: skip
COLUMNS = (0.0, 128.0, 188.0, 314.0, 416.0)
HEADS = ("", "This month", "95 % interval", "Month before", "Before we began")
A_MISSED_VISIT = "A missed visit costs a clinic about $200 (BMC Health Services Research 2016;16:13)."
MOST_FINDINGS = 4
PICTURE_HIGH = 190.0


@dataclass
class _Page:
    """A sheet that fills from above; `y` is how far down, in points."""

    figure: Figure
    y: float = MARGIN

    def say(self, text: str, *, size: float = 9.5, bold: bool = False, lines: int = 3, x: float = 0.0) -> None:
        """A paragraph, and down by as much."""
        colour = paper.SOFT if size < 9 else paper.INK
        laid = paper.wrapped(text, width_pt=ROOM - x - SLACK, size=size, lines=lines, bold=bold)
        for line in laid.split("\n"):
            self.put(line, x=x, size=size, bold=bold, colour=colour)
            self.y += size * LEADING

    def put(self, text: str, *, x: float, size: float, bold: bool = False, colour: str = paper.INK) -> None:
        """One line here, not moving down."""
        self.figure.text(
            (MARGIN + x) / WIDE, 1 - self.y / HIGH, paper.drawable(text), fontsize=size, color=colour, va="top", ha="left",
            fontweight="bold" if bold else "normal", fontfamily="DejaVu Sans", parse_math=False,
        )  # fmt: skip

    def head(self, text: str) -> None:
        """A section begins."""
        self.y += 7
        self.say(text, size=10.5, bold=True, lines=1)
        self.y += 1


def build(sheet: Sheet, *, clinic: str) -> bytes:
    """The page as a PDF; its text can be searched and read aloud. matplotlib is loaded here only."""
    load()
    import matplotlib as mpl

    out = BytesIO()
    figure = draw(sheet, clinic=clinic)
    facts = {"Title": f"{clinic}: {sheet.digest.title}, {sheet.asked.period.words}", "CreationDate": None}
    with paper.ONE_AT_A_TIME, mpl.rc_context({"pdf.fonttype": 42}):
        figure.savefig(out, format="pdf", metadata=facts)
    return out.getvalue()


def draw(sheet: Sheet, *, clinic: str) -> Figure:
    """The page before it is printed: with as many findings as leave room for all the rest."""
    most_telling = [one.name for one in digest_pictures.there(sheet.digest, digest_pictures.ON_PAGE)[:2]]
    pictures = digest_pictures.draw(sheet.digest, most_telling)
    for most in range(MOST_FINDINGS, -1, -1):
        page = _drawn(sheet, clinic, pictures, most=most)
        if page.y <= HIGH - MARGIN:
            break
    return page.figure


def _drawn(sheet: Sheet, clinic: str, pictures: list[Picture], *, most: int) -> _Page:
    load()
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDE / 72, HIGH / 72), facecolor="white")
    FigureCanvasPdf(figure)
    page = _Page(figure)
    page.say(f"{clinic} · {sheet.digest.title} · {sheet.asked.period.words}", size=9.5, lines=1)
    page.y += 3
    page.say(face.finding(sheet.digest), size=15, bold=True, lines=3)
    _findings(page, sheet, most)
    _table(page, sheet)
    _pictures(page, pictures)
    _money(page, sheet)
    page.head("Before you repeat these numbers")
    for line in caveats(sheet):
        page.say(f"• {line}", size=8.5, lines=2)
    page.y += 4
    page.say(
        "A run is one patient in one program. From Careloop's own records, without patients' data. Definitions: the report page.",
        size=8,
    )
    return page


def _findings(page: _Page, sheet: Sheet, most: int) -> None:
    """What the rules say, and what to do about the first of it."""
    rest = [one.sentence for one in sheet.digest.verdicts[:most]]
    if rest or sheet.digest.next:
        page.head("What we found")
    for sentence in rest:
        page.say(f"• {sentence}.")
    if sheet.digest.next:
        page.say(f"Next: {sheet.digest.next}", bold=True, lines=2)


def _table(page: _Page, sheet: Sheet) -> None:
    rows = [row for kpi in SHOWN if (row := sheet.row(kpi)) is not None and row.figure.denominator]
    if not rows:
        return
    page.head("This month, the month before, and before we began")
    for head, x in zip(HEADS, COLUMNS, strict=True):
        page.put(head, x=x, size=CELL, colour=paper.SOFT)
    page.y += CELL * LEADING
    for row in rows:
        mark = " *" if row.figure.period != sheet.asked.period else ""
        for place, (cell, x) in enumerate(zip(_cells(row, mark), COLUMNS, strict=True)):
            room = (COLUMNS[place + 1] if place + 1 < len(COLUMNS) else ROOM) - x - 6
            page.put(paper.clipped(cell, width_pt=room, size=CELL, bold=place == 1), x=x, size=CELL, bold=place == 1)
        page.y += CELL * LEADING
    _of_other_days(page, sheet, rows)
    page.say(
        "“Now better” and “now worse” are said only where the intervals do not touch; else it may be chance.", size=8
    )


def _of_other_days(page: _Page, sheet: Sheet, rows: list[Row]) -> None:
    """Which days the marked figures are of, since those of the month are not old enough."""
    older: dict[str, list[str]] = {}
    for row in rows:
        if row.figure.period != sheet.asked.period:
            older.setdefault(row.figure.period.words, []).append(KPIS[row.figure.kpi].title)
    for days, titles in older.items():
        page.say(f"* Of {days}, the newest days that are old enough: {', '.join(titles)}.", size=8, lines=2)


def _cells(row: Row, mark: str) -> tuple[str, ...]:
    """Name, value, interval, and what it was: "65 %, now better" where that is sure."""
    then = ((row.before, row.since_before), (row.baseline, row.since_baseline))
    between = figure_words.interval(row.figure) or f"{row.figure.denominator:,} {KPIS[row.figure.kpi].unit}"
    return (
        f"{KPIS[row.figure.kpi].title}{mark}",
        figure_words.value(row.figure),
        between,
        *(_was(figure, moved) for figure, moved in then),
    )


def _was(figure: Figured | None, moved: Change | None) -> str:
    if figure is None or not figure.denominator:
        return "–"
    sure = f", now {figure_words.chance(moved)}" if moved is not None and moved.sure else ""
    return f"{figure_words.value(figure)}{sure}"


def _pictures(page: _Page, pictures: list[Picture]) -> None:
    """Side by side, as high as their own shape allows."""
    if not pictures:
        return
    load()
    from matplotlib.image import imread

    page.y += 8
    wide = (ROOM - 14) / 2
    for place, picture in enumerate(pictures):
        pixels = imread(BytesIO(picture.png))
        high = min(wide * pixels.shape[0] / pixels.shape[1], PICTURE_HIGH)
        used = high * pixels.shape[1] / pixels.shape[0]
        left, bottom = MARGIN + place * (wide + 14), HIGH - page.y - high
        axes = page.figure.add_axes((left / WIDE, bottom / HIGH, used / WIDE, high / HIGH))
        axes.imshow(pixels, aspect="auto", interpolation="antialiased")
        axes.set_axis_off()
    page.y += PICTURE_HIGH + 4


def _money(page: _Page, sheet: Sheet) -> None:
    """What a visit that came back cost, and how many came back because of us."""
    page.head("Money")
    cost, lift = sheet.row("cost_per_recovered"), [row for row in sheet.lift if row.figure.group == "lift"]
    if cost is not None and cost.figure.enough:
        page.say(f"A recovered visit cost {said(cost.figure)} in texts, calls and staff time. {A_MISSED_VISIT}")
    else:
        why = cost.figure.note if cost is not None and cost.figure.note else "There are too few recovered visits yet."
        page.say(f"What a recovered visit cost cannot be said. {why}")
    for row in lift:
        if row.figure.value is not None and row.figure.low is not None and row.figure.high is not None:
            more = round(100 * row.figure.value)
            kind, chance = "more" if more >= 0 else "fewer", row.figure.low <= 0 <= row.figure.high
            page.say(
                f"Because of us: of 100 missed visits {abs(more)} {kind} came back than of those kept apart by lot "
                f"(95 % interval {signed(row.figure.low)} to {signed(row.figure.high)}){', which may be chance' if chance else ''}."
            )
