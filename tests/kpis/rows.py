"""Rows on their way into the tables: kept by table, inserted at the end in the order of their foreign keys."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from storage.db import new_ids, org_of, vault
from storage.tables import Row
from tests.kpis.runs import Clinic

Facts = dict[str, Any]


class Rows:
    """What one clinic will be in the database; `staff` is whoever did things there, `runs` and so on the ids by a run's row."""

    def __init__(self, session: Session, clinic: Clinic, order: Sequence[type[Row]]) -> None:
        self.session, self.clinic, self.keys = session, clinic, vault(session)
        self.rows: dict[type[Row], list[Facts]] = {table: [] for table in order}
        self.ids: list[UUID] = []
        self.staff: UUID = self.id()
        self.teams: dict[str, UUID] = {}
        self.runs: dict[int, UUID] = {}
        self.patients: dict[int, UUID] = {}
        self.numbers: dict[int, UUID] = {}
        self.clocks: dict[int, UUID] = {}
        self.replied: dict[tuple[int, int], UUID] = {}
        self.readings: dict[UUID, UUID] = {}

    def id(self) -> UUID:
        """A new id; fetched by the hundred."""
        if not self.ids:
            self.ids = new_ids(self.session, 500)
        return self.ids.pop()

    def add(self, table: type[Row], **facts: Any) -> UUID:
        """A row of `table`, its id made here unless it is given."""
        if "id" in table.__table__.c:
            facts.setdefault("id", self.id())
        self.rows[table].append(facts)
        made: UUID = facts.get("id", self.staff)
        return made

    def seal(self, words: str, column: str, row: UUID) -> bytes:
        return self.keys.seal(words, column, row)

    def insert(self) -> None:
        """All of it; rows with the same columns go together."""
        for table, rows in self.rows.items():
            shapes: dict[tuple[str, ...], list[Facts]] = {}
            for row in rows:
                shapes.setdefault(tuple(sorted(row)), []).append({"org_id": org_of(self.session)} | row)
            for same in shapes.values():
                self.session.execute(insert(table), same)
