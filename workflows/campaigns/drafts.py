"""A campaign begins as a draft: which program, for whom, and why. Without a reason and a named population there is none (S15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit
from storage.db import new_id, now, org_of
from storage.tables import Campaign, ProgramRow, ProgramVersion, Team
from workflows import publishing
from workflows.campaigns import wordings
from workflows.programs.model import Program
from workflows.roles import Verb, demand
from workflows.staff import Who

LONGEST = 300


@dataclass(frozen=True, slots=True)
class Draft:
    """What a manager asks for. `holdout` is a share (0.1 = 10 %); `versions` are numbers of approved wordings, () = the live one."""

    program: str
    cohort_id: UUID
    reason: str
    population: str
    holdout: float = 0.0
    versions: Sequence[int] = ()
    re_entry_days: int = 90
    repeat_days: int | None = None


def create(session: Session, draft: Draft, *, by: Who) -> Campaign:
    """Write the draft down and promise its preview. Refused without a reason, a population, or a program that cohorts may start."""
    demand(by.role, Verb.LAUNCH)
    reason, population = _said(draft.reason, "reason"), _said(draft.population, "population")
    if not 0 <= draft.holdout <= 0.5:
        raise Refused("A holdout is between 0 and 50 %. Nothing was changed.")
    if not 1 <= draft.re_entry_days <= 1000 or not 1 <= (draft.repeat_days or 1) <= 400:
        raise Refused("Days are counted from 1 to 1000 (re-entry) or 400 (repeat). Nothing was changed.")
    row, program = launchable(session, draft.program)
    chosen = new_id(session)
    campaign = Campaign(
        org_id=org_of(session),
        id=chosen,
        program_id=row.id,
        version_ids=[str(version) for version in wordings.choose(session, row, draft.versions)],
        cohort_id=draft.cohort_id,
        team_id=_team(session, program.touch_blocked.case.team),
        reason=reason,
        population=population,
        state="draft",
        state_at=now(session),
        seed=chosen.int & (2**63 - 1),
        holdout=draft.holdout,
        re_entry_days=draft.re_entry_days,
        created_by=by.id,
        created_at=now(session),
        repeat_days=draft.repeat_days,
        series_id=chosen if draft.repeat_days else None,
    )
    session.add(campaign)
    session.flush()
    audit.record(
        session, "campaign.drafted", actor=by.actor, subject=("campaign", show("cmp", campaign.id)),
        number=campaign.number, program=row.code, reason=reason, population=population,
    )  # fmt: skip
    return campaign


def launchable(session: Session, code: str) -> tuple[ProgramRow, Program]:
    """A published program that a cohort may start. Refused otherwise."""
    found = {row.code: (row, program) for row, program in all_launchable(session)}
    if code not in found:
        raise Refused(f"There is no published program {code} that a cohort can start. Nothing was changed.")
    return found[code]


def all_launchable(session: Session) -> list[tuple[ProgramRow, Program]]:
    """Every one of them, by code."""
    rows = session.execute(
        select(ProgramRow, ProgramVersion)
        .join(
            ProgramVersion,
            (ProgramVersion.org_id == ProgramRow.org_id) & (ProgramVersion.id == ProgramRow.live_version_id),
        )
        .where(ProgramRow.org_id == org_of(session))
        .order_by(ProgramRow.code)
    )
    parsed = [(row, publishing.snapshot(version)) for row, version in rows]
    return [(row, program) for row, program in parsed if program.trigger.cohort is not None]


def _said(words: str, what: str) -> str:
    said = " ".join(words.split())
    if not said:
        raise Refused(f"A campaign needs a {what}, in words. Nothing was changed.")
    if len(said) > LONGEST:
        raise Refused(f"The {what} is longer than {LONGEST} characters. Nothing was changed.")
    return said


def _team(session: Session, code: str) -> UUID:
    found = session.scalar(select(Team.id).where(Team.org_id == org_of(session), Team.code == code))
    if found is None:
        raise Refused(f"There is no team {code} to take the replies. Nothing was changed.")
    return found
