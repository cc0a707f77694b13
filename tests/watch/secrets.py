"""What belongs to the patients of a database, in every form in which people write it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from core.crypto import KeyRing, Vault
from tests.factories import SECRET_KEYS
from tests.watch.folding import plain

WINDOW = 4
"""Words in a row of what a patient wrote that no longer happen by chance. A text of one or two words ("yes", "STOP", "chest pain") says
nothing that the card does not say in its own codes."""
SHORTEST = 3
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MESES = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]


@dataclass(frozen=True)
class Secret:
    """One form of one thing: `words` in `folding.plain` form, or `number` for runs of digits. No repr: it is what may not be printed."""

    kind: str
    words: str = ""
    number: str = ""

    def __repr__(self) -> str:
        return f"<{self.kind}>"


@dataclass(frozen=True)
class Column:
    """A sealed column that holds something of a patient's, and how what is in it is looked for."""

    table: str
    name: str
    forms: Callable[[str], Iterator[Secret]]


def collect(link: "psycopg.Connection[Any]") -> frozenset[Secret]:
    """Everything, of all organisations in this database; read as a superuser, opened with the tests' keys."""
    found: set[Secret] = set()
    vaults = _vaults(link)
    for column in COLUMNS:
        for org, row, sealed in _rows(link, column):
            found.update(column.forms(vaults[org].open(sealed, f"{column.table}.{column.name}", row)))
    for org, row, sealed, by_person, asked in link.execute(TEXTS).fetchall():
        said = vaults[org].open(sealed, "messages.body", row)
        found.update(bodies(said, by_person=bool(by_person), kind="asked" if asked else "body"))
    known, asks = _colleagues(link), {one.words for one in found if one.kind == "asked"}
    return frozenset(
        one
        for one in found
        if not (one.kind == "name" and one.words in known) and not (one.kind == "body" and one.words in asks)
    )


def levels(link: "psycopg.Connection[Any]") -> list[str]:
    """What Slack may see, organisation by organisation."""
    return [str(level) for (level,) in link.execute("SELECT phi_level FROM organisations")]


TEXTS = """
SELECT m.org_id, m.id, m.body, m.direction = 'in' OR m.purpose = 'staff',
       m.id IN (SELECT message_id FROM cases) AND NOT coalesce(p.sensitive <> '[]'::jsonb, false)
FROM messages m LEFT JOIN patients p ON p.org_id = m.org_id AND p.id = m.patient_id
"""


def names(value: str) -> Iterator[Secret]:
    """A name, and each word of it that is long enough to be one."""
    whole = plain(value)
    yield Secret("name", whole)
    for word in whole.split():
        if len(word) > 2:
            yield Secret("name", f" {word} ")


def numbers(value: str) -> Iterator[Secret]:
    """A phone number of ten digits, with or without country; its last seven alone."""
    run = re.sub(r"\D", "", value)
    yield Secret("phone", number=run[-10:])
    yield Secret("phone", number=f"={run[-7:]}")


def births(value: str) -> Iterator[Secret]:
    """A birth date as computers, Americans, Europeans and forms write it. A day without a year is nobody's."""
    day = date.fromisoformat(value)
    month, mes = MONTHS[day.month - 1], MESES[day.month - 1]
    for year in (f"{day:%Y}", f"{day:%y}"):
        yield Secret("birth", f" {day.month} {day.day} {year} ")
        yield Secret("birth", f" {day:%m} {day:%d} {year} ")
        yield Secret("birth", f" {day:%d} {day:%m} {year} ")
        yield Secret("birth", f" {day.day} {day.month} {year} ")
    for written in (month, month[:3]):
        yield Secret("birth", f" {written} {day.day} {day.year} ")
        yield Secret("birth", f" {day.day} {written} {day.year} ")
    yield Secret("birth", f" {day.day} de {mes} de {day.year} ")
    yield Secret("birth", f" {day.year} {day:%m} {day:%d} ")
    yield Secret("birth", f" {day:%Y%m%d} ")
    yield Secret("birth", f" {day:%m%d%Y} ")


def marks(value: str) -> Iterator[Secret]:
    """A record number, its letters and digits together or apart."""
    yield Secret("mrn", plain(value))
    yield Secret("mrn", plain(re.sub(r"(?<=[A-Za-z])(?=\d)", " ", value)))


def mails(value: str) -> Iterator[Secret]:
    """An e-mail address."""
    yield Secret("email", plain(value))


def notes(value: str) -> Iterator[Secret]:
    """What staff wrote about a patient."""
    yield from bodies(value, by_person=True, kind="note")


def bodies(value: str, *, by_person: bool, kind: str = "body") -> Iterator[Secret]:
    """A text: of what a person wrote any four words in a row, of our own wording only the whole.

    `kind` asked: the one text that a case is about, which its card may quote at level full.
    """
    words = plain(value).split()
    if len(words) < SHORTEST:
        return
    size = min(WINDOW, len(words)) if by_person else len(words)
    for begin in range(len(words) - size + 1):
        yield Secret(kind, f" {' '.join(words[begin : begin + size])} ")


COLUMNS = (
    Column("patients", "given", names),
    Column("patients", "family", names),
    Column("patients", "mrn", marks),
    Column("patients", "birth_date", births),
    Column("patients", "email", mails),
    Column("phone_numbers", "e164", numbers),
    Column("proxies", "person", names),
    Column("form_answers", "words", lambda value: bodies(value, by_person=True)),
    Column("cases", "note", notes),
)
ELSEWHERE = {
    "card_posts.shown": "a keyed hash of what a card shows",
    "organisations.data_key": "a key, itself wrapped",
    "messages.body": "read by TEXTS",
    "noted_messages.body": "somebody wrote it in Slack",
    "patients.zip": "five digits, like many other things; the address is in no surface and no log field",
    "readings.evidence": "places in messages.body, and its words",
    "events.payload": "the webhook whole: body and number are in their own columns",
    "cohort_uploads.raw": "a file that somebody uploaded in Slack; its rows become patients",
    "connections.config": "credentials, no patient's",
    "sign_in_codes.code": "staff's",
    "slack_installs.bot_token": "a credential, no patient's",
    "slack_installs.refresh_token": "a credential, no patient's",
    "staff.phone": "staff's",
}
"""Sealed columns that are not in COLUMNS, and why."""


def _vaults(link: "psycopg.Connection[Any]") -> dict[UUID, Vault]:
    keys = KeyRing.parse(SECRET_KEYS)
    found = link.execute("SELECT org_id, data_key FROM organisations").fetchall()
    return {org: keys.vault(org, key) for org, key in found}


def _rows(link: "psycopg.Connection[Any]", column: Column) -> Iterator[tuple[UUID, UUID, bytes]]:
    statement = f"SELECT org_id, id, {column.name} FROM {column.table} WHERE {column.name} IS NOT NULL"
    yield from link.execute(statement)


def _colleagues(link: "psycopg.Connection[Any]") -> set[str]:
    """Words that are also the name of somebody or something that is no patient's: seen, they tell nothing."""
    told = link.execute(
        "SELECT name FROM staff UNION SELECT name FROM teams UNION SELECT name FROM sites UNION SELECT name FROM organisations "
        "UNION SELECT practitioner_name FROM slots WHERE practitioner_name IS NOT NULL"
    )
    return {f" {word} " for (name,) in told for word in plain(str(name)).split()}
