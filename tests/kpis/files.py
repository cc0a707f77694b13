"""The files of `app.py facts` as read back: rows of words, with the few look-ups that every definition needs."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

Row = Mapping[str, str]
NEVER_A_VISIT = {"waitlist", "proposed", "pending", "entered-in-error"}


@dataclass
class Books:
    """All files of one folder, as of `now`."""

    folder: Path
    zone: ZoneInfo
    now: datetime
    of: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in sorted(self.folder.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                self.of[path.stem] = list(csv.DictReader(file))
        self.runs = {row["enrollment"]: row for row in self.of["enrollments"]}
        self.versions = {row["version"]: row for row in self.of["programs"]}
        self.readings = {row["message"]: row for row in self.of["readings"]}
        self.messages = by("enrollment", self.of["messages"])
        self.visits = by(
            "patient",
            (row for row in self.of["appointments"] if row["status"] not in NEVER_A_VISIT and row["start_at"]),
        )
        self.duplicates = set(self._duplicates())
        self.counted = {
            key for key, row in self.runs.items() if row["holdout"] == "no" and row["source"] != "test"
        } - self.duplicates

    def later(self, start: datetime, days: int) -> datetime:
        """The same time on the clinic's wall, so many days on."""
        wall = start.astimezone(self.zone).replace(tzinfo=None) + timedelta(days=days)
        return max(
            wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1)
        )  # of a doubled hour the second

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def reading(self, message: Row) -> Row:
        return self.readings.get(message["message"], {})

    def _duplicates(self) -> Iterator[str]:
        """A run of a program for what another run of it was under way for: two charts of one person."""
        groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.runs.values():
            about = row["appointment"] or (row["campaign"] and row["campaign"] + row["patient"])
            if about:
                groups[row["program"], about].append(row)
        for rows in groups.values():
            for row in rows:
                began = at(row["started_at"])
                others = (o for o in rows if o is not row and o["holdout"] == "no" and at(o["started_at"]) < began)
                if any(not o["ended_at"] or at(o["ended_at"]) > began for o in others):
                    yield row["enrollment"]


def at(words: str) -> datetime:
    """An instant of a file."""
    return datetime.fromisoformat(words)


def by(key: str, rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row[key]:
            found[row[key]].append(row)
    return found
