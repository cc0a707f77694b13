"""Where the windows of a run begin, and what came in that can be an answer: as its program's version says (docs/kpis.md, *Windows*)."""

from datetime import datetime

from tests.kpis.files import Books, Row, at

SENT = {"sending", "unknown", "accepted", "sent", "presumed_sent", "delivered", "undelivered", "failed", "read"}


def begins(books: Books, key: str) -> datetime | None:
    """Where a run's windows begin: its start, or, where its version says so, its first text; without one its end; else nowhere yet."""
    run = books.runs[key]
    if books.versions[run["version"]]["measured_from"] == "start":
        return at(run["started_at"])
    left = [
        at(row["sent_at"]) for row in books.messages[key]
        if row["direction"] == "out" and row["state"] in SENT and row["sent_at"]
    ]  # fmt: skip
    ended = at(run["ended_at"]) if run["ended_at"] else None
    return min(left) if left else ended


def long_days(books: Books, key: str) -> int:
    """The long window of its version: that of completion and of cases."""
    return int(books.versions[books.runs[key]["version"]]["days"])


def is_heard(books: Books, key: str, when: datetime) -> bool:
    """Whether what came in then can be an answer: not before the first text, where windows begin with it."""
    if books.versions[books.runs[key]["version"]]["measured_from"] == "start":
        return True
    began = begins(books, key)
    return began is not None and when >= began


def heard(books: Books, key: str) -> list[Row]:
    """What came in of a run, as far as it can be an answer."""
    return [
        row for row in books.messages[key] if row["direction"] == "in" and is_heard(books, key, at(row["created_at"]))
    ]
