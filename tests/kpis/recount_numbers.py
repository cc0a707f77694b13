"""Phone numbers once more: stopped, also per 1,000 texts, and wrong. Plain Python by docs/kpis.md."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tests.kpis.counting import Unit, Wanted
from tests.kpis.estimates import Told, share
from tests.kpis.files import Books, Row, at
from tests.kpis.grouping import group, of_run

TAKEN = {"accepted", "sent", "presumed_sent", "delivered", "undelivered", "read"}


@dataclass
class Texted:
    """A group's numbers that were texted, those of them stopped, and its texts."""

    numbers: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    texts: int = 0


def left(row: Row) -> bool:
    """A text that the provider took; a test to one's own phone is none, nor is what another text said too."""
    taken = row["state"] in TAKEN or (row["state"] == "failed" and row["accepted"] == "yes")
    own = not row["patient"] and row["purpose"] == "staff"
    return row["direction"] == "out" and taken and not own and not row["merged_into"]


def texts(books: Books) -> dict[str, list[tuple[datetime, str]]]:
    """Each number's texts, (when, of which run), the oldest first."""
    found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in books.of["messages"]:
        if left(row):
            found[row["number"]].append((at(row["sent_at"]), row["enrollment"]))
    return {number: sorted(mine) for number, mine in found.items()}


def counts(books: Books, run: str) -> bool:
    """A text of no run counts; one of a run that does not count, does not."""
    return not run or run in books.counted


def of_first_texts(books: Books) -> Iterator[Unit]:
    """Wrong numbers: of those first texted, marked wrong within 30 days. On the day of the first text, as that text's run."""
    marked: dict[str, datetime] = {}
    for row in books.of["suppressions"]:
        if row["source"] == "wrong_number":
            marked.setdefault(row["number"], at(row["since_at"]))
    for number, times in texts(books).items():
        mine = [(when, run) for when, run in times if counts(books, run)]
        if mine:
            first, run = mine[0]
            hit = number in marked and marked[number] <= books.later(first, 30)
            yield Unit("wrong_number", books.day(first), hit, of_run(books, run))


def opt_outs(books: Books, wanted: Wanted) -> dict[str, dict[str, Told]]:
    """Numbers newly stopped of those texted, and per 1,000 texts. A number is its last text's, a stop its text's before it."""
    found, stopped = defaultdict[str, Texted](Texted), dict[str, str]()
    times = texts(books)
    for number, sent in times.items():
        mine = [
            (when, run) for when, run in sent if counts(books, run) and wanted.has(books.day(when), of_run(books, run))
        ]
        for when, run in mine:
            found[group(of_run(books, run), books.day(when), wanted.cut)].texts += 1
        for when, run in mine if wanted.cut == "week" else mine[-1:]:
            found[group(of_run(books, run), books.day(when), wanted.cut)].numbers.add(number)
    for number, since, run in reversed(stops(books, times)):  # so that of several the first stays
        if counts(books, run) and wanted.has(books.day(since), of_run(books, run)):
            stopped[number] = group(of_run(books, run), books.day(since), wanted.cut)
    for number, name in stopped.items():
        found[name].stopped.add(number)
    return {
        "opt_out": {name: share(len(one.stopped), len(one.numbers)) for name, one in found.items()},
        "opt_out_1000": {name: share(len(one.stopped), one.texts, per=1000) for name, one in found.items()},
    }


def stops(books: Books, times: dict[str, list[tuple[datetime, str]]]) -> list[tuple[str, datetime, str]]:
    """(number, when, run of the text before) of each stop of a number that had been texted, in order; a wrong number is none."""
    found = []
    for row in sorted(books.of["suppressions"], key=lambda row: at(row["since_at"])):
        since = at(row["since_at"])
        before = [run for when, run in times.get(row["number"], ()) if when <= since]
        if row["source"] != "wrong_number" and before:
            found.append((row["number"], since, before[-1]))
    return found
