"""What a manager probably means by naming a cohort alone: the program, reason and population it was launched with, or its own words."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import Campaign, Cohort, ProgramRow
from workflows.campaigns import drafts, records
from workflows.campaigns.drafts import Draft
from workflows.cohorts import evaluation
from workflows.staff import Who

ROUTINE = "Routine recall"
SAME_DAY = timedelta(hours=24)


def propose(session: Session, cohort: Cohort, *, words: str = "") -> Draft | None:
    """A draft from `words` (a program, then the reason), else as the cohort was launched last, else from its rule and title.

    None when it cannot be told which program is meant.
    """
    last = session.execute(
        select(Campaign, ProgramRow.code)
        .join(ProgramRow, (ProgramRow.org_id == Campaign.org_id) & (ProgramRow.id == Campaign.program_id))
        .where(Campaign.org_id == org_of(session), Campaign.cohort_id == cohort.id)
        .order_by(Campaign.created_at.desc(), Campaign.number.desc())
        .limit(1)
    ).one_or_none()
    launchable = [row.code for row, _ in drafts.all_launchable(session)]
    first, _, rest = words.partition(" ")
    said, reason = (first, rest.strip()) if first in launchable else (None, words)
    named = said or (last.code if last else evaluation.rule_of(cohort).program)
    program = named if named in launchable else launchable[0] if len(launchable) == 1 else None
    if program is None:
        return None
    return Draft(
        program=program,
        cohort_id=cohort.id,
        reason=reason or (last.Campaign.reason if last else ROUTINE),
        population=last.Campaign.population if last else cohort.title[: drafts.LONGEST],
    )


def unlaunched(session: Session, draft: Draft, *, by: Who) -> Campaign | None:
    """This person's own preview of the same today, if nobody has been asked to approve it: looked at again, not made a second time."""
    return session.scalar(
        select(Campaign)
        .join(ProgramRow, (ProgramRow.org_id == Campaign.org_id) & (ProgramRow.id == Campaign.program_id))
        .where(
            Campaign.org_id == org_of(session),
            Campaign.cohort_id == draft.cohort_id,
            ProgramRow.code == draft.program,
            Campaign.created_by == by.id,
            Campaign.reason == draft.reason,
            Campaign.state.in_(("draft", "previewed")),
            Campaign.launched_by.is_(None),
            Campaign.created_at > now(session) - SAME_DAY,
        )
        .order_by(Campaign.number.desc())
        .limit(1)
    )


def in_force(session: Session, *, states: Sequence[str] = records.OPEN, most: int = 20) -> Sequence[Campaign]:
    """Campaigns in these states, the newest first."""
    found = select(Campaign).where(Campaign.org_id == org_of(session), Campaign.state.in_(states))
    return session.scalars(found.order_by(Campaign.number.desc()).limit(most)).all()
