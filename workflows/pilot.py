"""The pilot gate (S98-S107, N7): the first runs of a program with one source, segment and site are looked at before it may grow.

pilot -> locked (all its runs are given out) -> steady (the thresholds hold and a manager approved). While one pilot of a program
is not steady, no other source, segment or site of that program starts (S106).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case as when
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from storage import audit
from storage.db import now, org_of
from storage.tables import Enrollment, Organisation, Pilot, PilotReview, ProgramRow
from workflows import surroundings
from workflows.pilot_terms import Standing, Terms
from workflows.roles import Verb, demand
from workflows.staff import Who

PASSED = "passed"
MISSED_RED_FLAG = "fail_red_flag"
OFF = "off"


@dataclass(frozen=True, slots=True)
class Key:
    """What a pilot is of; '' where a trigger names no segment or site."""

    program_id: UUID
    source: str
    segment: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """`granted` runs may start, numbered from `first`; fewer than were asked for when the gate locks. No numbers outside a pilot."""

    phase: str | None
    granted: int
    pilot_id: UUID | None = None
    first: int | None = None
    terms: Terms | None = None

    def holds(self, run_no: int | None) -> bool:
        """Whether this run waits for its reviewer before the first text."""
        return run_no is not None and self.terms is not None and self.terms.hold and self.terms.looks_at(run_no)


def take(session: Session, key: Key, *, want: int = 1) -> Grant:
    """Give out runs; the counter moves under the row's lock, so that no number is given twice and none beyond the last.

    Callers lock the patient's number first. One statement for many: a launch takes a range and numbers its own rows.
    """
    terms = terms_of(surroundings.organisation_of(session))
    if terms is None:
        return Grant(None, want)
    pilot = _find(session, key) or _open(session, key, terms)
    if pilot is None:
        return Grant("locked", 0)
    if pilot.phase == "steady":
        return Grant("steady", want, pilot.id)
    pilot = session.scalars(
        select(Pilot)
        .where(Pilot.org_id == pilot.org_id, Pilot.id == pilot.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if pilot.phase == "steady":
        return Grant("steady", want, pilot.id)
    kept = Terms.read(pilot.terms)
    granted, first = min(want, kept.runs - pilot.runs), pilot.runs + 1
    pilot.runs += granted
    if pilot.runs >= kept.runs and pilot.phase == "pilot":
        pilot.phase, pilot.locked_at = "locked", now(session)
        audit.record(session, "pilot.locked", actor="system", subject=("pilot", pilot.id), runs=pilot.runs)
    session.flush()
    return Grant("pilot" if granted else "locked", granted, pilot.id, first, kept)


def standing(session: Session, pilot: Pilot) -> Standing:
    """Count what the thresholds ask for, since it began (again)."""
    mine = (
        PilotReview.org_id == pilot.org_id, PilotReview.pilot_id == pilot.id, PilotReview.wanted_at >= pilot.opened_at
    )  # fmt: skip
    judged_, passed, missed = session.execute(
        select(
            func.count(PilotReview.verdict),
            func.count(when((PilotReview.verdict == PASSED, 1))),
            func.count(when((PilotReview.verdict == MISSED_RED_FLAG, 1))),
        ).where(*mine)
    ).one()
    runs = (
        Enrollment.org_id == pilot.org_id,
        Enrollment.pilot_id == pilot.id,
        Enrollment.run_no.is_not(None),
        Enrollment.started_at >= pilot.opened_at,
    )
    over, out = session.execute(
        select(
            func.count(when((Enrollment.state == "ended", 1))),
            func.count(when((Enrollment.outcome == "opted_out", 1))),
        ).where(*runs)
    ).one()
    return Standing(Terms.read(pilot.terms), pilot.runs, over, judged_, passed, missed, out)


def listed(session: Session) -> list[tuple[Pilot, str, Standing]]:
    """Every pilot with its program's code and how it is doing."""
    found = session.execute(
        select(Pilot, ProgramRow.code)
        .join(ProgramRow, (ProgramRow.org_id == Pilot.org_id) & (ProgramRow.id == Pilot.program_id))
        .where(Pilot.org_id == org_of(session))
        .order_by(ProgramRow.code, Pilot.opened_at)
    )
    return [(pilot, code, standing(session, pilot)) for pilot, code in found]


def approve(session: Session, program: str, *, by: Who) -> Pilot:
    """Let a program grow: its pilot becomes steady, and its next source, segment or site may begin one. Refused while anything is left."""
    pilot = _under_way(session, program, by=by)
    left = standing(session, pilot).to_do()
    if left:
        raise Refused(f"The pilot of {program} is not done: it needs {'; '.join(left)}. Nothing was changed.")
    pilot.phase, pilot.approved_by, pilot.approved_at = "steady", by.id, now(session)
    audit.record(session, "pilot.approved", actor=by.actor, subject=("pilot", pilot.id), program=program)
    return pilot


def again(session: Session, program: str, *, by: Who) -> Pilot:
    """Begin a program's pilot anew, after a better version was published: runs are counted from 1, earlier verdicts no longer count."""
    pilot = _under_way(session, program, by=by)
    terms = terms_of(surroundings.organisation_of(session)) or Terms()
    pilot.phase, pilot.runs, pilot.opened_at, pilot.locked_at = "pilot", 0, now(session), None
    pilot.terms = asdict(terms)
    audit.record(session, "pilot.begun_again", actor=by.actor, subject=("pilot", pilot.id), program=program)
    return pilot


def _under_way(session: Session, program: str, *, by: Who) -> Pilot:
    """The program's one pilot that is not steady, locked; for those who may launch."""
    demand(by.role, Verb.LAUNCH)
    pilot = session.scalar(
        select(Pilot)
        .join(ProgramRow, (ProgramRow.org_id == Pilot.org_id) & (ProgramRow.id == Pilot.program_id))
        .where(Pilot.org_id == org_of(session), ProgramRow.code == program, Pilot.phase != "steady")
        .with_for_update(of=Pilot)
    )
    if pilot is None:
        raise Refused(f"No pilot of '{program}' is under way. Nothing was changed.")
    return pilot


def left(session: Session, key: Key) -> int | None:
    """How many runs a launch of many may still begin; None where no pilot limits it."""
    terms = terms_of(surroundings.organisation_of(session))
    if terms is None:
        return None
    found = _find(session, key)
    if terms.hold and (found is None or found.phase != "steady"):
        return 0  # a launch of many does not wait for verdicts one by one
    if found is not None:
        return None if found.phase == "steady" else Terms.read(found.terms).runs - found.runs
    return 0 if _another(session, key) else terms.runs


def terms_of(organisation: Organisation) -> Terms | None:
    """The organisation's terms; None where its file says `"pilot": "off"`. Saying nothing means the usual pilot."""
    said: Any = organisation.settings.get("pilot", {})
    if said == OFF:
        return None
    if not isinstance(said, Mapping):
        raise Misconfigured("pilot is neither off nor a set of terms", fix="See docs/pilot.md.")
    return Terms.read(said)


def _find(session: Session, key: Key) -> Pilot | None:
    return session.scalar(
        select(Pilot).where(
            Pilot.org_id == org_of(session),
            Pilot.program_id == key.program_id,
            Pilot.source == key.source,
            Pilot.segment == key.segment,
            Pilot.site == key.site,
        )
    )


def _open(session: Session, key: Key, terms: Terms) -> Pilot | None:
    """Begin this key's pilot, unless another one of the program is under way; the program's lock lets only one begin."""
    session.scalars(
        select(ProgramRow.id)
        .where(ProgramRow.org_id == org_of(session), ProgramRow.id == key.program_id)
        .with_for_update()
    ).one()
    found = _find(session, key)
    if found is not None or _another(session, key):
        return found
    values = {"source": key.source, "segment": key.segment, "site": key.site, "phase": "pilot", "runs": 0}
    made: Pilot = session.scalars(
        insert(Pilot)
        .values(
            org_id=org_of(session), program_id=key.program_id, opened_at=now(session),
            terms=asdict(terms), **values,
        )
        .returning(Pilot)
    ).one()  # fmt: skip
    audit.record(session, "pilot.opened", actor="system", subject=("pilot", made.id), source=key.source, site=key.site)
    return made


def _another(session: Session, key: Key) -> bool:
    """Another pilot of the program is under way."""
    found = select(Pilot.id).where(
        Pilot.org_id == org_of(session), Pilot.program_id == key.program_id, Pilot.phase != "steady"
    )
    return session.scalar(found.limit(1)) is not None
