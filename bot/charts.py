"""Pictures for people who plan: the finding is the title, numbers stand where they help, and colour only repeats what words say."""

from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING

from workflows.simulation.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, GRID = "#1d1c1d", "#dddddd"
TOUCHES = ("#1264a3", "#4d9de0", "#a9d0f5")
TEAMS = {"patient_access": "#2b7a4b", "clinical": "#b3261e", "front_office": "#8a5a00", "care_coordination": "#5b3fa0"}


def simulation(report: Report) -> bytes:
    """A PNG: texts a day by touch above, new cases a day by team below. matplotlib is loaded here only."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    days = _days(report)
    figure = Figure(figsize=(10, 6.6), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1])
    figure.suptitle(title(report), x=0.01, ha="left", fontsize=14, fontweight="bold", color=INK, wrap=True)
    _texts(above, report, days)
    _cases(below, report, days)
    step = max(1, len(days) // 14)
    below.set_xticks(range(0, len(days), step), [f"{day:%a}\n{day:%b} {day.day}" for day in days[::step]], fontsize=9)
    out = BytesIO()
    figure.savefig(out, format="png", dpi=110)
    figure.clear()
    return out.getvalue()


def title(report: Report) -> str:
    """The finding, as a manager would say it."""
    total = sum(sum(touches.values()) for touches in report.texts.values())
    busiest = report.busiest()
    load = (
        f"{busiest[2]} new cases for {busiest[0].replace('_', ' ')} on {busiest[1]:%a %b %-d}"
        if busiest
        else "no cases"
    )
    return f"{report.patients:,} patients: {total:,} texts, at most {load}"


def _days(report: Report) -> list[date]:
    """Every day from the first to the last, quiet ones too: a gap must look like one."""
    seen = {*report.texts, *(day for days in report.cases.values() for day in days)}
    if not seen:
        return [report.first_day]
    first, last = min(seen), max(seen)
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]


def _texts(axes: "Axes", report: Report, days: list[date]) -> None:
    bottom = [0] * len(days)
    for touch in sorted({touch for touches in report.texts.values() for touch in touches}):
        heights = [report.texts.get(day, {}).get(touch, 0) for day in days]
        colour = TOUCHES[min(max(touch, 1), len(TOUCHES)) - 1]
        axes.bar(range(len(days)), heights, bottom=bottom, color=colour, label=f"touch {touch}", width=0.8)
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    _dress(axes, "texts a day")


def _cases(axes: "Axes", report: Report, days: list[date]) -> None:
    for team, opened in report.cases.items():
        heights = [opened.get(day, 0) for day in days]
        axes.plot(
            range(len(days)),
            heights,
            marker="o",
            markersize=3,
            color=TEAMS.get(team, INK),
            label=team.replace("_", " "),
        )
        top = max(range(len(days)), key=lambda n: heights[n])
        axes.annotate(
            str(heights[top]), (top, heights[top]), textcoords="offset points", xytext=(0, 5), ha="center", fontsize=9
        )
    _dress(axes, "new cases a day, by team")


def _dress(axes: "Axes", what: str) -> None:
    axes.set_title(what, loc="left", fontsize=11, color=INK)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.margins(y=0.18)
    axes.set_ylim(bottom=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, fontsize=9, ncols=4, loc="upper right")
