"""A list as clinics send it: any usual encoding and separator, headers in their own words. Pure: bytes in, rows and complaints out."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import Refused

MOST_ROWS = 50_000
MOST_BYTES = 20_000_000
SEPARATORS = (",", ";", "\t")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CONSENT = ("consent_who", "consent_at", "consent_how", "consent_wording", "consent_scope")
HEADERS: Mapping[str, tuple[str, ...]] = {
    "mrn": ("mrn", "medical record number", "medical record no", "chart number", "chart no", "chart #"),
    "external_id": ("external id", "id", "patient id", "account number", "member id"),
    "phone": (
        "phone",
        "phone number",
        "mobile",
        "mobile phone",
        "cell",
        "cell phone",
        "telephone",
        "teléfono",
        "celular",
    ),
    "family": ("family", "last name", "surname", "apellido", "apellidos"),
    "given": ("given", "first name", "nombre"),
    "birth_date": ("birth date", "date of birth", "dob", "birthdate", "fecha de nacimiento"),
    "language": ("language", "preferred language", "idioma"),
    "consent_who": ("consent who", "consent given by"),
    "consent_at": ("consent at", "consent date", "consent given at"),
    "consent_how": ("consent how", "consent method"),
    "consent_wording": ("consent wording", "consent text"),
    "consent_scope": ("consent scope",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list: its number in the file (the header is 1), our fields, and the cells as they were."""

    number: int
    values: Mapping[str, str] = field(repr=False)
    cells: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not taken, and why, as a code."""

    row: Row
    problem: str


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read. `encoding` is what it turned out to be; `headers` says which of its columns is which field."""

    encoding: str
    separator: str
    columns: Sequence[str]
    headers: Mapping[str, str]
    rows: Sequence[Row]
    rejected: Sequence[Rejected]


def read(raw: bytes, *, headers: Mapping[str, str] | None = None) -> Table:
    """Read a list. `headers` are column → field of this source as they were used before; they win over our own guesses.

    Raises Refused, without naming any value, for what cannot be read as a whole: too large, no known encoding, no header, neither
    mrn nor external_id among the columns, one field twice, too many rows.
    """
    text, encoding = decode(raw)
    separator = _separator(text)
    lines = _lines(text, separator)
    columns = [cell.strip() for cell in next(lines, (0, []))[1]]
    if not any(columns):
        raise Refused("The file has no header line. Name its columns in the first line. Nothing was imported.")
    meant = _meant(columns, headers or {})
    rows: list[Row] = []
    rejected: list[Rejected] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        row = Row(number, {name: cells[at].strip() for at, name in meant.items() if at < len(cells)}, cells)
        if len(rows) + len(rejected) >= MOST_ROWS:
            raise Refused(f"The file has more than {MOST_ROWS:,} rows. Split it. Nothing was imported.")
        if len(cells) == len(columns):
            rows.append(row)
        else:
            rejected.append(Rejected(row, "cells"))
    return Table(encoding, separator, columns, {columns[at]: name for at, name in meant.items()}, rows, rejected)


def decode(raw: bytes) -> tuple[str, str]:
    """The text and its encoding: a mark at the beginning decides, else UTF-16 by its zeros, UTF-8, Windows-1252. Raises Refused."""
    if len(raw) > MOST_BYTES:
        raise Refused(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it. Nothing was imported.")
    marked = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    guesses = [encoding for mark, encoding in marked.items() if raw.startswith(mark)]
    if not guesses and b"\0" in raw[:200]:
        guesses = ["utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"]
    for encoding in guesses or ["utf-8", "cp1252"]:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise Refused("The file is in no encoding we know. Save it as CSV UTF-8. Nothing was imported.")


def write(columns: Sequence[str], rejected: Sequence[Rejected]) -> str:
    """The rejected rows as CSV with their row number and problem; a cell that a spreadsheet would run as a formula is defused."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(["row", "problem", *map(defused, columns)])
    for one in sorted(rejected, key=lambda one: one.row.number):
        table.writerow([one.row.number, one.problem, *map(defused, one.row.cells)])
    return out.getvalue()


def defused(cell: str) -> str:
    """OWASP's guard against CSV injection: an apostrophe before = + - @ tab and return."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _separator(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(SEPARATORS, key=first.count)


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line number where it ends, cells). A quote that never closes swallows the rest: refused, not half read."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:
        raise Refused(
            f"The file cannot be read after line {reader.line_num}: a quotation mark is out of place. Nothing was imported."
        ) from None


def _meant(columns: Sequence[str], known: Mapping[str, str]) -> dict[int, str]:
    words = {word: name for name, all_ in HEADERS.items() for word in all_} | {_word(c): n for c, n in known.items()}
    meant = {at: words[_word(column)] for at, column in enumerate(columns) if _word(column) in words}
    twice = next((name for name in meant.values() if list(meant.values()).count(name) > 1), None)
    if twice:
        raise Refused(f"Two columns of the file mean {twice}. Keep one of them. Nothing was imported.")
    if not {"mrn", "external_id"} & set(meant.values()):
        raise Refused("The file has no column for the patient's mrn or external id. Nothing was imported.")
    return meant


def _word(header: str) -> str:
    return re.sub(r"[\s_]+", " ", header).strip().casefold()
