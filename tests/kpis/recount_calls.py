"""Alarms that were missed, and calls that could have been spared, once more. Plain Python by docs/kpis.md."""

from collections import defaultdict
from datetime import date, timedelta

from tests.kpis.counting import Wanted
from tests.kpis.estimates import Told, share
from tests.kpis.files import Books, Row, at, by
from tests.kpis.grouping import of_run

AVOIDABLE = {"instructions", "visit_time", "form", "repeat"}
FOUND = "fail_red_flag"


def alarms(books: Books, wanted: Wanted) -> dict[str, Told]:
    """Alarms that review found and we had not, of the replies looked at: those of runs judged at their end, and those corrected."""
    judged = {
        row["enrollment"]: row["verdict"] for row in books.of["reviews"]
        if row["stage"] == "end" and row["judged_at"] and _within(books, row["judged_at"], wanted)
    }  # fmt: skip
    corrected = by("message", (row for row in books.of["corrections"] if _within(books, row["corrected_at"], wanted)))
    looked: dict[str, list[bool]] = defaultdict(list)
    for row in books.of["messages"]:
        if (
            row["direction"] == "in"
            and row["channel"] != "form"
            and (row["message"] in corrected or row["enrollment"] in judged)
        ):
            looked[row["enrollment"]].append(_missed(corrected.get(row["message"], [])))
    found: dict[str, tuple[int, int]] = {}
    for run, replies in looked.items():
        groups = of_run(books, run)
        if (run and run not in books.counted) or wanted.program not in ("", groups["program"]):
            continue
        untold = judged.get(run) == FOUND and not any(replies)
        hits, of = found.get(groups[wanted.cut] if wanted.cut else "", (0, 0))
        found[groups[wanted.cut] if wanted.cut else ""] = (hits + sum(replies) + untold, of + len(replies))
    return {name: share(*one) for name, one in found.items()}


def _missed(corrections: list[Row]) -> bool:
    """Read as less than an emergency at first, and an emergency in the end."""
    told = sorted(corrections, key=lambda row: row["corrected_at"])
    return bool(told) and told[0]["was_urgency"] != "emergency" and told[-1]["urgency"] == "emergency"


def _within(books: Books, moment: str, wanted: Wanted) -> bool:
    return wanted.first <= books.day(at(moment)) <= wanted.last


def spared(books: Books, wanted: Wanted) -> Told | None:
    """1 − avoidable calls per 100 discharges ÷ the baseline's; by the phone system's whole weeks where it counted any, else by cases."""
    last = wanted.old_enough(books, "avoidable_callbacks")
    weeks = [
        row for row in books.of["callback_weeks"]
        if wanted.first <= _monday(row) and _monday(row) + timedelta(days=6) <= last and wanted.program in ("", row["program"])
    ]  # fmt: skip
    if weeks:
        days = {_monday(row) + timedelta(days=n) for row in weeks for n in range(7)}
        calls = sum(int(row["calls"]) for row in weeks if row["reason"] in AVOIDABLE)
    else:
        days = {wanted.first + timedelta(days=n) for n in range((last - wanted.first).days + 1)}
        logged = _logged(books, days, wanted.program)
        if not logged:
            return None
        calls = sum(reason in AVOIDABLE for reason in logged)
    left = _discharges(books, days, wanted.program)
    before = _baseline(books, wanted.program)
    value = 1 - (calls / left) / before if left >= 10 and before else None
    return Told(calls, left, value)


def _monday(row: Row) -> date:
    return date.fromisoformat(row["week"])


def _logged(books: Books, days: set[date], program: str) -> list[str]:
    """Why they called, of each call of theirs that staff logged on a case."""
    cases = {row["case"]: row for row in books.of["cases"] if row["kind"] != "practice"}
    found = []
    for row in books.of["case_events"]:
        how, _, reason = row["detail"].partition(":")
        if row["what"] != "call_logged" or how != "they_called" or not reason or row["case"] not in cases:
            continue
        of = of_run(books, cases[row["case"]]["enrollment"])["program"]
        if books.day(at(row["at"])) in days and program in ("", of):
            found.append(reason)
    return found


def _discharges(books: Books, days: set[date], program: str) -> int:
    began = by("event", books.of["enrollments"])
    return sum(
        books.day(at(row["happened_at"])) in days
        and (not program or any(run["program"] == program for run in began[row["event"]]))
        for row in books.of["discharges"]
    )


def _baseline(books: Books, program: str) -> float:
    """The program's own, else that of all; calls a discharge."""
    mine = {row["program"]: row for row in books.of["baselines"] if row["kpi"] == "avoidable_callbacks"}
    row = mine.get(program) or mine.get("")
    return int(row["numerator"]) / int(row["denominator"]) if row else 0.0
