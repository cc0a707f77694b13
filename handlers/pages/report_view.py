"""The sheet as the report page shows it: words for every cell, no numbers left to format in a template."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

from bot import digest as face
from bot import figure_words, times
from core.ids import show
from workflows import said
from workflows.intervals import Difference
from workflows.kpis import verdicts
from workflows.kpis.definitions import CUTS, FEWEST, KPIS
from workflows.kpis.figures import share
from workflows.kpis.group_names import WORDS
from workflows.kpis.lift import Wording
from workflows.kpis.moves import Change
from workflows.kpis.objections import Objection
from workflows.kpis.periods import SHORT, Period
from workflows.kpis.sheets import EQUITY_KPIS, SECTIONS, SIDE_BY_SIDE, Row, Sheet, caveats, stages
from workflows.kpis.steps import StepCount
from workflows.kpis.words import NBSP, percent, points, signed

Facts = dict[str, Any]
UNDER = f"under {FEWEST}"


def facts(sheet: Sheet, *, zone: tzinfo) -> Facts:
    """Everything between the page's head and its end."""
    shown, digest = list(sheet.known()), sheet.digest
    return {
        "finding": face.finding(digest),
        "program": digest.title,
        "period": sheet.asked.period.words,
        "as_of": times.moment(digest.as_of, zone),
        "zone": str(zone),
        "before": sheet.asked.period.before.words,
        "by": CUTS.get(sheet.asked.by, "").lower(),
        "findings": [{"sentence": one.sentence, "rule": one.rule, "next": one.next} for one in digest.verdicts],
        "sections": list(_sections(sheet, shown)),
        "unknown": [{"title": KPIS[r.figure.kpi].title, "why": r.figure.note} for r in sheet.unknown()],
        "any_baseline": any(row.since_baseline for row in shown),
        "split": list(_split(sheet.split)),
        "phases": side_by_side(sheet.phases),
        "one_program": bool(sheet.asked.program),
        "weeks": [row(Row(figure, _day(day))) for day, figure in reversed(digest.trend)],
        "lift": [_arm(one) for one in sheet.lift],
        **_wordings(sheet),
        "objections": [_objection(sheet, one) for one in sheet.objections],
        "funnel": _funnel(sheet),
        "steps": [_step(step) for step in sheet.steps],
        "equity": [equity(cut, rows) for cut, rows in sheet.equity.items() if rows],
        "waiting": [
            {"case": show("cas", one.case_id), "number": one.number, "for": times.span(one.age)}
            for one in digest.oldest
        ],
        "promises_late": digest.promises_late,
        "caveats": caveats(sheet),
    }


def row(one: Row) -> Facts:
    """One figure as cells."""
    figure, kpi = one.figure, KPIS[one.figure.kpi]
    return {
        "code": kpi.code,
        "title": kpi.title,
        "name": one.name,
        "value": UNDER if one.hidden else figure_words.value(figure),
        "interval": figure_words.interval(figure),
        "counts": "" if one.hidden or not figure.enough else figure_words.counts(figure),
        "unit": kpi.denominator if kpi.kind == "duration" else kpi.unit,
        "definition": figure.definition,
        "note": figure.note,
        "before": _moved(kpi.code, one.since_before),
        "baseline": _moved(kpi.code, one.since_baseline),
    }


def side_by_side(phases: Mapping[str, Sequence[Row]]) -> Facts:
    """The phases as columns, one row a KPI; empty when no phase has anything."""
    by_kpi = {phase: {one.figure.kpi: one for one in rows} for phase, rows in phases.items()}
    heads = [WORDS["phase"].get(phase, phase) for phase in phases]
    rows = []
    for kpi in SIDE_BY_SIDE:
        cells = [by_kpi[phase].get(kpi) for phase in phases]
        if any(cell is not None and cell.figure.denominator for cell in cells):
            rows.append({"title": KPIS[kpi].title, "cells": [_cell(cell) for cell in cells]})
    return {"heads": heads, "rows": rows}


def equity(cut: str, rows: Sequence[Row]) -> Facts:
    """One cut: groups down, KPIs across; a group that is surely worse off than all the others together is marked."""
    names: dict[str, str] = {one.figure.group: one.name for one in rows}
    found = {(one.figure.group, one.figure.kpi): one for one in rows}
    kpis = [kpi for kpi in EQUITY_KPIS if any(one.figure.kpi == kpi and one.figure.denominator for one in rows)]
    lines = []
    for group, name in names.items():
        mine = [found.get((group, kpi)) for kpi in kpis]
        lines.append({"title": name, "cells": [_cell(one) | {"mark": _behind(one, rows)} for one in mine]})
    days = {one.figure.kpi: _days(one.figure.period) for one in rows}
    heads = [{"title": KPIS[kpi].title, "days": days[kpi]} for kpi in kpis]
    return {"cut": cut, "title": CUTS[cut], "heads": heads, "rows": lines}


def _behind(one: Row | None, rows: Sequence[Row]) -> str:
    """Whether a group's interval lies wholly on the bad side of that of the others together."""
    if one is None or one.hidden:
        return ""
    figure, better = one.figure, KPIS[one.figure.kpi].better
    rest = verdicts.rest_of(figure, [other.figure for other in rows if other.figure.kpi == figure.kpi])
    side = verdicts.apart(figure, rest)
    return "worse than the others" if side and better and (side > 0) != (better == "up") else ""


def _cell(one: Row | None) -> Facts:
    """A short cell: value, interval and of how many below it."""
    if one is None or not one.figure.denominator:
        return {"value": "–", "interval": "", "counts": ""}
    cells = row(one)
    return {"value": cells["value"], "interval": cells["interval"], "counts": cells["counts"]}


def _moved(kpi: str, moved: Change | None) -> Facts:
    words = figure_words.change(kpi, moved)
    chance = figure_words.chance(moved) if words != "no change" else ""
    return {"said": words, "chance": chance, "sure": bool(moved and moved.sure)}


def _sections(sheet: Sheet, rows: Iterable[Row]) -> Iterable[Facts]:
    """A row tells its days where they are not those asked for, because newer runs are not old enough."""
    found = {one.figure.kpi: one for one in rows}
    for title, kpis in SECTIONS.items():
        shown = [found[kpi] for kpi in kpis if kpi in found]
        if shown:
            cells = [
                row(one) | {"days": "" if one.figure.period == sheet.asked.period else _days(one.figure.period)}
                for one in shown
            ]
            yield {"title": title, "rows": cells}


def _split(rows: Sequence[Row]) -> Iterable[Facts]:
    """Group under KPI, the KPIs in their order; those with nothing in any group are left out."""
    for kpis in SECTIONS.values():
        for kpi in kpis:
            shown = [one for one in rows if one.figure.kpi == kpi]
            if any(one.figure.denominator for one in shown):
                days = _days(shown[0].figure.period)
                yield {"title": KPIS[kpi].title, "days": days, "rows": [row(one) for one in shown]}


def _funnel(sheet: Sheet) -> list[Facts]:
    found = stages(sheet.digest.funnel)
    most = found[0][1] if found else 0
    return [
        {"title": title, "count": f"{count:,}", "share": _share(count, most), "number": count, "most": most}
        for title, count in found
    ]


def _step(step: StepCount) -> Facts:
    """What arrived is said of steps that send a text alone."""
    return {
        "title": step.title,
        "entered": f"{step.entered:,}",
        "delivered": f"{step.delivered:,}" if step.text else "–",
        "replied": f"{step.replied:,}",
        "lost": f"{step.lost:,}",
        "share": _share(step.lost, step.entered),
    }


def _arm(one: Row) -> Facts:
    """One line of the holdout's table; the difference is in points, and of nobody."""
    cells, figure = row(one), one.figure
    if figure.group != "lift":
        return cells | {"note": ""}
    if figure.value is None or figure.low is None or figure.high is None:
        return cells | {"value": "–", "counts": "", "interval": ""}
    return cells | _points(figure.value, figure.low, figure.high) | {"counts": "", "note": ""}


def _wordings(sheet: Sheet) -> Facts:
    """Campaigns with enough answers of any version; how many others there are."""
    known = {one.campaign for one in sheet.wordings if one.replied[0] >= FEWEST}
    others = {one.campaign for one in sheet.wordings} - known
    shown = [_wording(sheet, one) for one in sheet.wordings if one.campaign in known]
    return {"wordings": shown, "small_campaigns": len(others)}


def _wording(sheet: Sheet, one: Wording) -> Facts:
    """A version of a campaign's texts: how many answer and complete, and how far that is from the campaign's first version."""
    return {
        "name": f"Campaign {one.campaign}, version {one.version}",
        "replied": _share_cell(sheet, "response", one.replied),
        "reply_apart": _apart(one.reply_effect),
        "completed": _share_cell(sheet, "completion", one.completed),
        "completion_apart": _apart(one.completion_effect),
    }


def _share_cell(sheet: Sheet, kpi: str, counts: tuple[int, int] | None) -> Facts:
    """Of (n, hits)."""
    if counts is None:
        return _cell(None) | {"value": "not old enough yet"}
    return _cell(Row(share(kpi, counts[1], counts[0], period=sheet.asked.period)))


def _apart(effect: Difference | None) -> Facts:
    """ "+7 points", its interval, and whether it says anything."""
    if effect is None:
        return {"value": "–", "interval": "", "chance": ""}
    chance = "may be chance" if not effect.certain else "more" if effect.value > 0 else "fewer"
    return {**_points(effect.value, effect.low, effect.high), "chance": chance}


def _points(value: float, low: float, high: float) -> Facts:
    return {"value": f"{signed(value)}{NBSP}points", "interval": points(low, high)}


def _objection(sheet: Sheet, one: Objection) -> Facts:
    program = sheet.digest.names.get(("program", one.program), one.program)
    words = said.OBJECTIONS.get(one.code, one.code)
    return {"program": program, "words": words[:1].upper() + words[1:], "runs": f"{one.runs:,}"}


def _days(period: Period) -> str:
    """ "Oct 12 to Oct 18": the year is on top."""
    return f"{_day(period.first)} to {_day(period.last)}"


def _day(day: date) -> str:
    return f"{SHORT[day.month - 1]} {day.day}"


def _share(count: int, of: int) -> str:
    return percent(count / of) if of >= FEWEST else ""
