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


@dataclass(eq=False)
class Books:
    """All files of one folder, as of `now`, in the clinic's `zone`."""

    folder: Path
    of: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in sorted(self.folder.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                self.of[path.stem] = list(csv.DictReader(file))
        about = {row["name"]: row["value"] for row in self.of["about"]}
        self.zone, self.now = ZoneInfo(about["zone"]), at(about["as_of"]).astimezone(UTC)
        self.runs = {row["enrollment"]: row for row in self.of["enrollments"]}
        self.patients = {row["patient"]: row for row in self.of["patients"]}
        self.campaigns = {row["campaign"]: row for row in self.of["campaigns"]}
        self.versions = {row["version"]: row for row in self.of["programs"]}
        self.readings = {row["message"]: row for row in self.of["readings"]}
        self.messages = by("enrollment", self.of["messages"])
        self.visits = by(
            "patient",
            (row for row in self.of["appointments"] if row["status"] not in NEVER_A_VISIT and row["start_at"]),
        )
        self.duplicates = set(self._duplicates())
        self.settling = set(self._settling())
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

    def _settling(self) -> Iterator[str]:
        """The first hundred runs of each program in the four weeks after the routing rules changed: they are of no phase."""
        changes = sorted(at(row["changed_at"]) for row in self.of["routing_changes"])
        after: dict[tuple[str, datetime], list[tuple[datetime, str]]] = defaultdict(list)
        for key, run in self.runs.items():
            began = at(run["started_at"])
            last = max((change for change in changes if change <= began), default=None)
            if last is not None and began - last < timedelta(weeks=4):
                after[run["program"], last].append((began, key))
        for runs in after.values():
            yield from (key for _, key in sorted(runs)[:100])

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
