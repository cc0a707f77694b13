"""The report as CSV: every figure that the page shows, one a line, with its definition; what is hidden there is empty here."""

import csv
import io
from collections.abc import Iterator

from bot import times
from workflows.kpis.definitions import KPIS
from workflows.kpis.figures import share
from workflows.kpis.lift import Wording
from workflows.kpis.moves import Change
from workflows.kpis.sheets import Row, Sheet, caveats, stages
from workflows.kpis.steps import StepCount

HEADS = (
    "table", "kpi", "title", "group", "numerator", "denominator", "value", "low", "high", "change_from_before",
    "change_from_baseline", "first_day", "last_day", "definition", "note",
)  # fmt: skip
Line = dict[str, object]


def build(sheet: Sheet) -> str:
    """With a header, lines ended as spreadsheets expect, and nothing a spreadsheet would take for a formula."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADS, restval="")
    writer.writeheader()
    writer.writerows({name: _plain(cell) for name, cell in line.items()} for line in _lines(sheet))
    return out.getvalue()


def _lines(sheet: Sheet) -> Iterator[Line]:
    for verdict in sheet.digest.verdicts:
        yield {"table": "findings", "title": verdict.sentence, "note": verdict.rule}
    for table, rows in sheet.tables():
        for row in rows:
            yield {"table": table} | _figure(row)
    for title, count in stages(sheet.digest.funnel):
        yield {"table": "funnel", "title": title, "numerator": count}
    for day, figure in sheet.digest.trend:
        yield {"table": "by_week"} | _figure(Row(figure)) | {"group": day.isoformat()}
    for step in sheet.steps:
        yield from _step(step)
    for one in sheet.wordings:
        yield from _wording(sheet, one)
    for said in sheet.objections:
        yield {"table": "objections", "kpi": said.code, "group": said.program, "numerator": said.runs}
    for case in sheet.digest.oldest:
        yield {
            "table": "open_longest",
            "title": f"Case {case.number}",
            "note": f"Open for {times.span(case.age)}",
        }
    if sheet.digest.promises_late:
        yield {"table": "promises", "title": "Promises late", "numerator": sheet.digest.promises_late}
    for caveat in caveats(sheet):
        yield {"table": "caveats", "note": caveat}


def _step(step: StepCount) -> Iterator[Line]:
    for name in ("delivered", "replied", "lost") if step.text else ("replied", "lost"):
        counts = {"numerator": getattr(step, name), "denominator": step.entered}
        yield {"table": "steps", "kpi": name, "title": step.title, "group": step.step} | counts


def _wording(sheet: Sheet, one: Wording) -> Iterator[Line]:
    """Its share that replied and completed, and how far each is from the campaign's first version."""
    group = f"campaign {one.campaign}, version {one.version}"
    for kpi, counts, effect in (
        ("response", one.replied, one.reply_effect),
        ("completion", one.completed, one.completion_effect),
    ):
        if counts is not None:
            yield {"table": "wording"} | _figure(
                Row(share(kpi, counts[1], counts[0], period=sheet.asked.period), group)
            )
        if effect is not None:
            apart: Line = {"value": effect.value, "low": effect.low, "high": effect.high}
            yield apart | {"table": "wording_difference", "kpi": kpi, "title": KPIS[kpi].title, "group": group}


def _figure(row: Row) -> Line:
    figure, kpi = row.figure, KPIS[row.figure.kpi]
    line: Line = {
        "kpi": kpi.code,
        "title": kpi.title,
        "group": row.name,
        "first_day": figure.period.first.isoformat(),
        "last_day": figure.period.last.isoformat(),
        "definition": figure.definition,
        "note": "Too small to show." if row.hidden else figure.note,
    }
    if row.hidden:
        return line
    counts = {"numerator": figure.numerator, "denominator": figure.denominator, "value": figure.value}
    ends = {"low": figure.low, "high": figure.high}
    return line | counts | ends | {
        "change_from_before": _by(row.since_before),
        "change_from_baseline": _by(row.since_baseline),
    }  # fmt: skip


def _by(moved: Change | None) -> float | None:
    return None if moved is None else moved.by


def _plain(cell: object) -> object:
    """Numbers as numbers, to six places; words never as a formula."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.6f}".rstrip("0").rstrip(".")
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text[:1] in "=+-@\t\r" and text else cell
