"""`why`: the ledger of one enrollment, for operators and for the story runner."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from core import ids
from core.errors import Refused
from storage.db import Database
from workflows import why


def tell(db: Database, *, enrollment: str | None, patient: str | None) -> list[dict[str, Any]]:
    """One object an enrollment: its summary and its entries in order. `patient` is the EHR's id. Refused when there is none."""
    stories = _found(db, enrollment=enrollment, patient=patient)
    if not stories:
        raise Refused("There is no such enrollment here.")
    return stories


def answer(db: Database, patients: Iterable[str]) -> Iterator[str]:
    """One JSON array a line that names a patient, in the same order and at once: what `tell` says, [] when there is nothing."""
    for patient in patients:
        yield json.dumps(_found(db, enrollment=None, patient=patient.strip()), ensure_ascii=False)


def _found(db: Database, *, enrollment: str | None, patient: str | None) -> list[dict[str, Any]]:
    stories: list[dict[str, Any]] = []
    for org in db.orgs():
        with db.begin(org=org) as session:
            wanted: list[UUID] = (
                [ids.parse("enr", enrollment)] if enrollment else why.find(session, patient_ehr_id=patient)
            )
            for one in wanted:
                try:
                    entries = why.of_enrollment(session, one)
                except Refused:
                    continue
                lines = [
                    {"at": e.at.isoformat(), "kind": e.kind, "what": e.what} | {"detail": e.detail} for e in entries
                ]
                stories.append(why.summary(session, one) | {"entries": lines})
    return stories


def lines(stories: list[dict[str, Any]]) -> list[str]:
    """The same for a terminal."""
    shown: list[str] = []
    for story in stories:
        ended = f", {story['outcome']}" if story["outcome"] else ""
        shown.append(
            f"{story['enrollment']}  {story['program']} version {story['version']}  {story['state']}{ended}  ({story['touches']} touches)"
        )
        shown += [
            f"  {e['at'][:19]}  {e['kind']:9}  {e['what']}  {json.dumps(e['detail'], sort_keys=True)}"
            for e in story["entries"]
        ]
    return shown
