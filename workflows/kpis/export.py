"""The facts behind every figure as CSV, so that anyone can compute them again: codes, instants and hashes, and nobody's name or words.

An id is written as a hash under a key that is made for this one export and kept nowhere: the same id is the same hash in all of its
files, and neither another export nor we can lead it back to a patient.
"""

import csv
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import Team
from workflows import local_days, team_hours
from workflows.kpis.export_around import AROUND
from workflows.kpis.export_columns import Column, Table
from workflows.kpis.export_given import GIVEN
from workflows.kpis.export_tables import OF_PATIENTS

AT_A_TIME = 2_000
"""Rows that are in memory at once: what an export needs does not grow with the clinic."""

TABLES = (*OF_PATIENTS, *AROUND)
FILES = (*TABLES, *GIVEN)
READ_ME = "README.txt"
Hash = Callable[[Any], str]


def write(session: Session, folder: Path) -> dict[str, int]:
    """Write every table into a folder that is new or empty; {file: rows}. The README comes last: without it the export is not whole.

    Rows are read by a cursor of the server's. Refused where something is in the folder already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(
            f"{folder.name} holds something already. Nothing was written. Name a folder that is new or empty."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    hashed, zone, written = _hashing(secrets.token_bytes(32)), local_days.zone(session), dict[str, int]()
    for file in FILES:
        rows = _rows(session, file, zone=zone) if isinstance(file, Table) else file.rows(session)
        writers = _writers(file.columns, hashed, zone)
        written[file.name] = _csv(folder / f"{file.name}.csv", file.columns, rows, writers)
    (folder / READ_ME).write_text(read_me(session, written), "utf-8")
    audit.record(session, "facts.exported", actor="operator", subject=("organisation", str(org_of(session))))
    return written


def read_me(session: Session, written: dict[str, int]) -> str:
    """What a stranger needs to know to work with the files."""
    at, zone = now(session), local_days.zone(session)
    lines = [
        "Facts of patient outreach, de-identified.",
        "",
        f"As of: {_utc(at)} (local day {_day(at, zone)})",
        f"Time zone of local days: {zone.key}",
        "",
        "Every figure can be computed from these files by the definitions in docs/kpis.md; app.py kpi shows the figures themselves.",
        "Ids are hashes under a key that was made for this export and thrown away: equal ids are equal hashes within it, never beyond.",
        "Instants are UTC; beside each stands the local day it falls on. yes and no are written so; nothing known is an empty cell.",
        "There are no names, phone numbers, record numbers, birth dates, addresses, words of texts or notes.",
        "Handle it with care all the same: dates of care can lead back to people who are known to the reader.",
        "",
        "When teams work (the week from the local day above; every shift stands in shifts.csv):",
        *_hours(session, _day(at, zone)),
    ]
    for file in FILES:
        lines += ["", f"{file.name}.csv ({written[file.name]} rows): {file.says}"]
        for column in file.columns:
            of_instant = " (UTC), and its local day in the column after it" if column.kind == "at" else ""
            lines.append(f"  {_title(column):<22} {column.says}{of_instant}")
    return "\n".join(lines) + "\n"


def _hours(session: Session, first: date) -> Iterator[str]:
    for code in session.scalars(select(Team.code).where(Team.org_id == org_of(session)).order_by(Team.code)):
        work = team_hours.of(session, code)
        week = [first + timedelta(days=n) for n in range(7)]
        open_on = [
            f"{day:%a} {_clock(opens)}-{_clock(closes)}" for day in week for opens, closes in work.hours.spans(day)
        ]
        yield f"  {code:<22} {', '.join(open_on) or 'not this week'} ({work.zone})"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _title(column: Column) -> str:
    return f"{column.name}_at" if column.kind == "at" and column.name != "at" else column.name


def _header(columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        yield _title(column)
        if column.kind == "at":
            yield "day" if column.name == "at" else f"{column.name}_day"


def _hashing(key: bytes) -> Hash:
    def hashed(value: Any) -> str:
        if value is None:
            return ""
        plain = value.bytes if isinstance(value, UUID) else str(value).encode()
        return blake2b(plain, key=key, digest_size=10).hexdigest()

    return hashed


def _writers(columns: Sequence[Column], hashed: Hash, zone: ZoneInfo) -> list[Callable[[Any], Sequence[str]]]:
    """For each column, what its value is in the file: one cell, or two for an instant."""

    def of_instant(value: datetime | None) -> Sequence[str]:
        return ("", "") if value is None else (_utc(value), _day(value, zone).isoformat())

    def of_id(value: Any) -> Sequence[str]:
        return (hashed(value),)

    kinds = {"at": of_instant, "id": of_id, "plain": _plain}
    return [kinds[column.kind] for column in columns]


def _plain(value: Any) -> Sequence[str]:
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return ("" if value is None else str(value),)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _rows(session: Session, table: Table, *, zone: ZoneInfo) -> Iterator[Sequence[Any]]:
    asked = {"org": org_of(session)} | ({"zone": zone.key} if ":zone" in table.sql else {})
    few = {"stream_results": True, "yield_per": AT_A_TIME}
    for part in session.execute(text(table.sql), asked, execution_options=few).partitions(
        AT_A_TIME
    ):  # without a size: all at once
        yield from part


def _csv(
    path: Path, columns: Sequence[Column], rows: Iterator[Sequence[Any]], writers: list[Callable[[Any], Sequence[str]]]
) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(_header(columns))
        for row in rows:
            out.writerow([cell for writer, value in zip(writers, row, strict=True) for cell in writer(value)])
            count += 1
    return count
