"""Each organisation's own lexicon: handed in by one person, made live by a clinician who is another, read with from then on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import log
from core.errors import Misconfigured, Refused
from storage import audit
from storage.db import new_id, now, org_of
from storage.tables import LexiconVersion, Organisation
from workflows import surroundings
from workflows.roles import Verb, demand
from workflows.staff import Who
from workflows.understanding import overlay, overlay_checks
from workflows.understanding.lexicon import Lexicon
from workflows.understanding.overlay_checks import Problem

REMEMBERED = 64  # organisations' lexicons kept compiled in a process
_compiled: dict[UUID, Lexicon] = {}


@dataclass(frozen=True, slots=True)
class Handed:
    """A version that waits for its approval, with what the checks noted about it."""

    number: int
    notes: list[Problem]


def of(session: Session) -> Lexicon | None:
    """What the organisation's texts are read with; None for the built-in lexicon alone. Compiled once a version and process.

    Whatever of it this version of Careloop cannot use is left out and logged: a text is read in any case.
    """
    chosen = surroundings.organisation_of(session).lexicon_id
    if chosen is None:
        return None
    known = _compiled.get(chosen)
    if known is None:
        known = _compile(_by_id(session, chosen))
        if len(_compiled) >= REMEMBERED:
            _compiled.clear()
        _compiled[chosen] = known
    return known


def named(number: int) -> str:
    """A version as readings name it, after the engine's own."""
    return f"overlay.{number}"


def _compile(row: LexiconVersion) -> Lexicon:
    skipped: list[str] = []
    try:
        found = overlay.compiled(overlay.parse(row.source), version=named(row.number), skipped=skipped)
    except Misconfigured as error:
        log.get().error("lexicon.unusable", org=str(row.org_id), version=row.number, reason=error.what)
        return overlay.nothing(named(row.number))
    if skipped:
        log.get().error("lexicon.partly_unusable", org=str(row.org_id), version=row.number, count=len(skipped))
    return found


def hand_in(session: Session, source: str, *, by: Who, messages: Iterable[Mapping[str, Any]] = ()) -> Handed:
    """Keep a file as the organisation's next version; it reads nothing until it is approved. Refused with its first error.

    `messages` are read with and without it; what changes is among the notes.
    """
    demand(by.role, Verb.EDIT_WORDING)
    found = _checked(source, messages)
    _locked(session)
    last = select(func.max(LexiconVersion.number)).where(LexiconVersion.org_id == org_of(session))
    row = LexiconVersion(
        org_id=org_of(session),
        id=new_id(session),
        number=(session.scalar(last) or 0) + 1,
        source=source,
        editor_id=by.id,
        edited_at=now(session),
    )
    session.add(row)
    session.flush()
    audit.record(session, "lexicon.handed_in", actor=by.actor, subject=("lexicon", str(row.number)))
    return Handed(row.number, found)


def approve(session: Session, number: int, *, by: Who) -> LexiconVersion:
    """Make a version live: by a clinician who did not hand it in. An older one may be made live again. Refused otherwise."""
    demand(by.role, Verb.APPROVE_LEXICON)
    row = version(session, number)
    if row.editor_id == by.id:
        raise Refused("You handed this lexicon in: a second person approves it. Nothing was published.")
    _checked(row.source, ())
    organisation = _locked(session)
    before, organisation.lexicon_id = organisation.lexicon_id, row.id
    row.approver_id, row.live_at = by.id, now(session)
    was = _by_id(session, before).number if before else None
    audit.record(
        session, "lexicon.published", actor=by.actor, subject=("lexicon", str(number)), before=was, version=number
    )
    return row


def version(session: Session, number: int) -> LexiconVersion:
    """One version of the organisation's lexicon. Refused when there is none."""
    row = session.scalar(
        select(LexiconVersion).where(LexiconVersion.org_id == org_of(session), LexiconVersion.number == number)
    )
    if row is None:
        raise Refused(f"There is no lexicon {number} here.")
    return row


def versions(session: Session) -> tuple[list[LexiconVersion], UUID | None]:
    """Every version, newest first, and which one is live."""
    found = select(LexiconVersion).where(LexiconVersion.org_id == org_of(session))
    return list(session.scalars(found.order_by(LexiconVersion.number.desc()))), surroundings.organisation_of(
        session
    ).lexicon_id


def _by_id(session: Session, lexicon_id: UUID) -> LexiconVersion:
    found = select(LexiconVersion).where(LexiconVersion.org_id == org_of(session), LexiconVersion.id == lexicon_id)
    return session.scalars(found).one()


def _locked(session: Session) -> Organisation:
    found = select(Organisation).where(Organisation.org_id == org_of(session)).with_for_update(key_share=True)
    return session.scalars(found.execution_options(populate_existing=True)).one()


def _checked(source: str, messages: Iterable[Mapping[str, Any]]) -> list[Problem]:
    found = overlay_checks.check(source, messages)
    wrong = [problem for problem in found if problem.level == "error"]
    if wrong:
        raise Refused(f"{wrong[0].where}: {wrong[0].say} Nothing was kept ({len(wrong)} to mend).")
    return found
