"""A message that a colleague wrote in the team's channel becomes a case; its words are the case's sealed note and are not said again."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit
from storage.db import new_id, now, org_of, vault
from storage.tables import Case, NotedMessage, Team
from workflows import cases
from workflows.roles import Verb, demand
from workflows.staff import Who

KIND, REASON = "admin", "from_message"
KEPT = timedelta(days=1)
LONGEST = 4_000  # of a note
DUES = {
    "today": ("Within 2 hours of work", "2 business hours"),
    "day": ("By this time on the next working day", "1 business day"),
    "days": ("Within 3 working days", "3 business days"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message as Slack handed it over: where, when, and its words."""

    channel: str
    ts: str
    text: str = field(repr=False)


def keep(session: Session, said: Said, *, by: Who) -> tuple[UUID, UUID]:
    """Keep the words sealed until the form comes back: (its id, the team of the channel).

    Refused outside a team's own channel, for a message without words, and for one that is a case already.
    """
    demand(by.role, Verb.WORK_CASE)
    team = session.scalar(select(Team.id).where(Team.org_id == org_of(session), Team.channel_id == said.channel))
    if team is None:
        raise Refused("Only a message in a team's own channel becomes a case. Nothing was changed.")
    if not said.text.strip():
        raise Refused("That message has no words to keep. Nothing was changed.")
    _forget(session)
    row = new_id(session)
    kept: UUID | None = session.scalar(
        insert(NotedMessage)
        .values(
            org_id=org_of(session), id=row, channel=said.channel, ts=said.ts, staff_id=by.id, noted_at=now(session),
            body=vault(session).seal(said.text[:LONGEST], "noted_messages.body", row),
        )
        .on_conflict_do_nothing(index_elements=["org_id", "channel", "ts"])
        .returning(NotedMessage.id)
    )  # fmt: skip
    if kept is None:
        found = _of(session, said)
        _refuse_a_second(session, found)
        kept = found.id
    return kept, team


def open_case(session: Session, noted: UUID, *, team: UUID, due: str, by: Who) -> Case:
    """The case of a kept message, in this team's queue; the first form wins, and a second reads which case there is."""
    demand(by.role, Verb.WORK_CASE)
    row = session.scalar(
        select(NotedMessage).where(NotedMessage.org_id == org_of(session), NotedMessage.id == noted).with_for_update()
    )
    if row is None or due not in DUES:
        raise Refused("This form is out of date. Nothing was changed. Use the shortcut on the message again.")
    _refuse_a_second(session, row)
    code = session.scalar(select(Team.code).where(Team.org_id == org_of(session), Team.id == team))
    if code is None:
        raise Refused("There is no such team here. Nothing was changed.")
    opening = cases.Opening(
        kind=KIND, team=code, reason=REASON, due=DUES[due][1], dedupe_key=f"slack:{row.channel}:{row.ts}", routed=False
    )
    case = cases.open_one(session, opening)
    words = vault(session).open(row.body, "noted_messages.body", row.id) if row.body else ""
    session.execute(
        update(Case)
        .where(Case.org_id == case.org_id, Case.id == case.id)
        .values(note=vault(session).seal(words, "cases.note", case.id))
    )
    row.case_id, row.body = case.id, None
    session.flush()
    audit.record(session, "case.made_of_message", actor=by.actor, subject=("case", show("cas", case.id)))
    return case


def _refuse_a_second(session: Session, row: NotedMessage) -> None:
    if row.case_id is not None:
        number = session.scalar(select(Case.number).where(Case.org_id == row.org_id, Case.id == row.case_id))
        raise Refused(f"Case {number} was made of this message already. Nothing was changed.")


def _of(session: Session, said: Said) -> NotedMessage:
    return session.scalars(
        select(NotedMessage).where(
            NotedMessage.org_id == org_of(session), NotedMessage.channel == said.channel, NotedMessage.ts == said.ts
        )
    ).one()


def _forget(session: Session) -> None:
    """What nobody made a case of within a day."""
    session.execute(
        delete(NotedMessage).where(
            NotedMessage.org_id == org_of(session),
            NotedMessage.case_id.is_(None),
            NotedMessage.noted_at < now(session) - KEPT,
        )
    )
