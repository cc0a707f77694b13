"""Saved replies: words for patients that are written once in each language, linted, and approved by a second person.

What a row says never changes: an edit is another row, so an approval is of exactly the words that were seen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse, show
from storage import audit
from storage.db import now, org_of
from storage.tables import Case, SavedReply
from workflows import approved, cases, replies, segments
from workflows.programs import lint, source
from workflows.programs.rules import Problem
from workflows.programs.text_checks import worst_case
from workflows.roles import Verb, demand
from workflows.staff import Who

FILE = Path(__file__).with_name("saved_replies.yaml")
MOST = 100
"""As many as one select holds."""
TITLE = 75
PROPOSED, WITHDRAWN, REPLACED = "proposed", "withdrawn", "replaced"
NOT_IN = "No saved reply is in {language}. Nothing was sent. Call with an interpreter."
GONE = "That saved reply was changed or withdrawn a moment ago. Nothing was sent. Pick again."


@dataclass(frozen=True, slots=True)
class Ready:
    """A saved reply as this patient would read it now."""

    id: UUID
    title: str
    text: str
    language: str
    segments: int


def propose(session: Session, title: str, variants: Mapping[str, str], *, by: Who) -> SavedReply:
    """Hand in a reply in every language; the same title again is the next wording of that one. Refused names what to mend."""
    demand(by.role, Verb.EDIT_WORDING)
    name = " ".join(title.split())
    if not name or len(name) > TITLE:
        raise Refused(f"Give it a short name, at most {TITLE} characters. Nothing was kept.")
    words = {language: signed(text) for language, text in variants.items() if text.strip()}
    if problems := check("reply", words):
        first = problems[0]
        where = {"en": "English: ", "es": "Spanish: "}.get(first.where.rpartition(".")[2], "")
        more = f" ({len(problems)} to mend)" if len(problems) > 1 else ""
        raise Refused(f"{where}{first.say} Nothing was kept{more}.")
    return _hand_in(session, _key(name), name, words, by=by)


def approve(session: Session, reply_id: UUID, *, by: Who) -> SavedReply:
    """From now on it is offered, instead of what had its name before. Refused for who wrote it, and when it is none that waits."""
    demand(by.role, Verb.APPROVE_WORDING)
    row = get(session, reply_id)
    if row.proposed_by_id == by.id:
        raise Refused("You wrote this one: a second person approves it. Nothing was changed.")
    if row.state == PROPOSED and not _is_offered(session, row.key) and len(approved.saved(session)) >= MOST:
        raise Refused(f"There are {MOST} saved replies already. Withdraw one first. Nothing was changed.")
    _retire(session, row.key, state=approved.APPROVED)
    return _decide(session, row, approved.APPROVED, only=PROPOSED, by=by)


def withdraw(session: Session, reply_id: UUID, *, by: Who) -> SavedReply:
    """Offered no more, or not taken up. Who handed it in may take it back as well."""
    row = get(session, reply_id)
    demand(by.role, Verb.EDIT_WORDING if row.proposed_by_id == by.id else Verb.APPROVE_WORDING)
    return _decide(session, row, WITHDRAWN, only=row.state, by=by)


def get(session: Session, reply_id: UUID) -> SavedReply:
    """One of them, whatever became of it. Refused when there is none."""
    row = session.scalar(select(SavedReply).where(SavedReply.org_id == org_of(session), SavedReply.id == reply_id))
    if row is None:
        raise Refused("There is no such saved reply here. Nothing was changed.")
    return row


def standing(session: Session) -> list[SavedReply]:
    """What waits for approval, then what is offered, each by name."""
    rows = select(SavedReply).where(
        SavedReply.org_id == org_of(session), SavedReply.state.in_((PROPOSED, approved.APPROVED))
    )
    return list(session.scalars(rows.order_by(SavedReply.state.desc(), SavedReply.title)))


def offered(session: Session, case: Case) -> list[Ready]:
    """Those that can go to this patient now, in their language with nothing missing; none is no reason to stop."""
    language = replies.language_of(session, case) or "en"
    found = []
    for key, text in approved.saved(session).items():
        body = approved.filled(session, case, text, language=language)
        if body is not None:
            found.append(Ready(parse("svr", key), text.title, body, language, segments.count(body).segments))
    return found[:MOST]


def one(session: Session, case_id: UUID, reply_id: UUID, *, by: Who) -> Ready:
    """One of the case's own, as it would be sent. Refused when it is not offered (any more)."""
    case = cases.owned(session, case_id, by=by)
    found = next((ready for ready in offered(session, case) if ready.id == reply_id), None)
    if found is None:
        raise Refused(GONE)
    return found


def send(session: Session, case_id: UUID, reply_id: UUID, *, by: Who, form_id: UUID) -> UUID:
    """Plan it in the patient's language, through the gate like any reply; the message's id. Nobody has to be qualified for it."""
    ready = one(session, case_id, reply_id, by=by)
    case = cases.owned(session, case_id, by=by)
    words = replies.Words(ready.text, ready.language, show("svr", ready.id))
    return replies.plan(session, case, words, by=by, form_id=form_id)


def check(where: str, variants: Mapping[str, str]) -> list[Problem]:
    """What the lint of words says of one; it may be as long as a reply that is typed."""
    found = [one for one in lint.check_variants(where, dict(variants)) if one.rule != "text.segments"]
    for language, text in variants.items() if not found else ():
        cost = segments.count(worst_case(text, language)).segments
        if cost > replies.MOST_SEGMENTS:
            say = f"It is {cost} segments with the longest values, {replies.MOST_SEGMENTS} is the most."
            found.append(Problem("reply.segments", f"{where}.{language}", say))
    return found


def signed(text: str) -> str:
    """With the clinic's name in front, where the writer left it out."""
    words = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return words if words.startswith("{clinic}") else f"{{clinic}}: {words}"


def take(session: Session, entries: Mapping[str, Mapping[str, Any]], *, actor: str) -> None:
    """Entries of a file (docs/words.md): with `approved_by` offered, without it handed in; words that are known already stay."""
    for entry in entries.values():
        key, words = _key(entry["title"]), dict(entry["texts"])
        state = approved.APPROVED if entry.get("approved_by") else PROPOSED
        mine = (SavedReply.org_id == org_of(session)) & (SavedReply.key == key)
        known = session.execute(select(SavedReply.texts, SavedReply.state).where(mine))
        before = {row.state for row in known if row.texts == words}
        if before and not (state == approved.APPROVED and before == {PROPOSED}):
            continue  # as it is, or as staff decided since
        _retire(session, key, state=PROPOSED)
        if state == approved.APPROVED:
            _retire(session, key, state=state)
        made = insert(SavedReply).values(
            org_id=org_of(session), key=key, title=entry["title"], texts=words, state=state, proposed_at=now(session),
            approved_by=entry.get("approved_by"), decided_at=now(session) if state == approved.APPROVED else None,
        )  # fmt: skip
        row_id = session.scalars(made.returning(SavedReply.id)).one()
        audit.record(session, f"reply.{state}", actor=actor, subject=("saved_reply", show("svr", row_id)))


@lru_cache(maxsize=1)
def built_in() -> dict[str, dict[str, Any]]:
    """The drafts that come with Careloop: nobody has approved them."""
    found: dict[str, dict[str, Any]] = source.read(FILE.read_text("utf-8"))["replies"]
    return found


def _hand_in(session: Session, key: str, title: str, words: dict[str, str], *, by: Who) -> SavedReply:
    _retire(session, key, state=PROPOSED)
    row = SavedReply(
        org_id=org_of(session), key=key, title=title, texts=words, state=PROPOSED, proposed_at=now(session),
        proposed_by_id=by.id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, "reply.proposed", actor=by.actor, subject=("saved_reply", show("svr", row.id)))
    return row


def _retire(session: Session, key: str, *, state: str) -> None:
    mine = (SavedReply.org_id == org_of(session)) & (SavedReply.key == key) & (SavedReply.state == state)
    session.execute(update(SavedReply).where(mine).values(state=REPLACED, decided_at=now(session)))


def _decide(session: Session, row: SavedReply, state: str, *, only: str, by: Who) -> SavedReply:
    done = session.scalar(
        update(SavedReply)
        .where(
            SavedReply.org_id == row.org_id,
            SavedReply.id == row.id,
            SavedReply.state == only,
            SavedReply.state.in_((PROPOSED, approved.APPROVED)),
        )
        .values(state=state, decided_at=now(session), decided_by_id=by.id)
        .returning(SavedReply)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if done is None:
        raise Refused("Somebody was faster: this wording waits for nobody any more. Nothing was changed. Look again.")
    audit.record(session, f"reply.{state}", actor=by.actor, subject=("saved_reply", show("svr", row.id)))
    return done


def _is_offered(session: Session, key: str) -> bool:
    mine = (SavedReply.org_id == org_of(session)) & (SavedReply.key == key) & (SavedReply.state == approved.APPROVED)
    return session.scalar(select(SavedReply.id).where(mine)) is not None


def _key(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60] or "reply"
