"""What reviewers say of a program's runs: the case that asks, the verdict, and what follows from it (S99, S105)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import show
from storage import audit, ledger
from storage.db import now, org_of
from storage.tables import Case, Enrollment, Pilot, PilotReview
from workflows import cases, pilot, surroundings
from workflows.pilot import MISSED_RED_FLAG, PASSED
from workflows.pilot_terms import Terms
from workflows.programs.model import Program
from workflows.staff import Who

KIND = "pilot_review"
VERDICTS = {
    PASSED: "Pass: this run went as it should",
    "fail_patient": "Fail: wrong patient, or should not have started",
    "fail_time": "Fail: wrong time",
    "fail_wording": "Fail: wrong or unclear words",
    "fail_routing": "Fail: sent down the wrong path",
    MISSED_RED_FLAG: "Fail: a red flag was missed",
}


def hold(session: Session, row: Enrollment, program: Program) -> Case:
    """The case in which a reviewer lets a run begin, or does not."""
    return _review(session, row, program, stage="start")


def ended(session: Session, row: Enrollment, program: Program) -> None:
    """A run is over: mark whether it stands by itself, and open the case of the reviewer who has the last word (S99)."""
    terms = pilot.terms_of(surroundings.organisation_of(session))
    row.completion = "auto"
    if terms is None or row.holdout:
        return
    sampled = (
        row.phase == "pilot" and row.run_no is not None and _terms_of_run(session, row, terms).looks_at(row.run_no)
    )
    if (sampled or row.outcome in program.review) and not _reviewed(session, row.id):
        row.completion = "review"
        session.flush()
        _review(session, row, program, stage="end")


def judged(session: Session, case: Case, verdict: str, *, by: Who) -> str:
    """Keep a reviewer's verdict; the stage it was given at. A missed red flag gets a clinician at once."""
    review = session.scalars(
        select(PilotReview)
        .where(PilotReview.org_id == case.org_id, PilotReview.case_id == case.id, PilotReview.verdict.is_(None))
        .with_for_update()
    ).one_or_none()
    if review is None:
        raise Refused("This run was judged already. Nothing was changed.")
    review.verdict, review.staff_id, review.judged_at = verdict, by.id, now(session)
    ledger.write(session, [ledger.Line("judged", f"pilot.{verdict}", review.enrollment_id, case=case.id)])
    if verdict == MISSED_RED_FLAG:
        cases.open_one(
            session,
            cases.Opening(
                kind="clinical", team="clinical", priority="urgent", reason="missed_red_flag", due="15 minutes",
                dedupe_key=f"pilot:{review.id}:red_flag", patient_id=case.patient_id, number_id=case.number_id,
                enrollment_id=case.enrollment_id,
            ),
        )  # fmt: skip
    return review.stage


def of_case(session: Session, case: Case) -> str:
    """What a review's card says: which run, and how many verdicts are left before the program may grow."""
    found = session.execute(
        select(Pilot, Enrollment.run_no, PilotReview.stage, Enrollment.outcome)
        .select_from(PilotReview)
        .join(Enrollment, (Enrollment.org_id == PilotReview.org_id) & (Enrollment.id == PilotReview.enrollment_id))
        .outerjoin(Pilot, (Pilot.org_id == PilotReview.org_id) & (Pilot.id == PilotReview.pilot_id))
        .where(PilotReview.org_id == case.org_id, PilotReview.case_id == case.id)
    ).one_or_none()
    if found is None:
        return "a run to look at"
    piloted, run_no, stage, outcome = found
    ending = f"ended: {str(outcome).replace('_', ' ')}" if stage == "end" else "nothing is sent before your verdict"
    if piloted is None or run_no is None:
        return f"this outcome is confirmed by a person; {ending}"
    so_far = pilot.standing(session, piloted)
    left = max(0, so_far.terms.min_reviewed - so_far.reviewed)
    growth = (
        f"{so_far.reviewed} of {so_far.terms.min_reviewed} reviewed"
        if left
        else "enough reviewed; a manager may approve"
    )
    return f"run {run_no} of {so_far.terms.runs}, {ending}; {growth}"


def _review(session: Session, row: Enrollment, program: Program, *, stage: str) -> Case:
    terms = pilot.terms_of(surroundings.organisation_of(session)) or Terms()
    opened = cases.open_one(
        session,
        cases.Opening(
            kind=KIND, team=terms.team, reason=f"pilot.{stage}", due="1 business day",
            dedupe_key=f"pilot:{row.id}:{stage}", patient_id=row.patient_id, number_id=row.number_id, enrollment_id=row.id,
        ),
    )  # fmt: skip
    session.execute(
        insert(PilotReview)
        .values(
            org_id=row.org_id, pilot_id=row.pilot_id, enrollment_id=row.id, case_id=opened.id, stage=stage,
            wanted_at=now(session),
        )
        .on_conflict_do_nothing()
    )  # fmt: skip
    subject = ("enrollment", show("enr", row.id))
    audit.record(session, "pilot.review_wanted", actor="system", subject=subject, program=program.program, stage=stage)
    return opened


def _reviewed(session: Session, enrollment_id: UUID) -> bool:
    found = select(PilotReview.id).where(
        PilotReview.org_id == org_of(session), PilotReview.enrollment_id == enrollment_id
    )
    return session.scalar(found) is not None


def _terms_of_run(session: Session, row: Enrollment, otherwise: Terms) -> Terms:
    said = session.scalar(select(Pilot.terms).where(Pilot.org_id == row.org_id, Pilot.id == row.pilot_id))
    return Terms.read(said) if said else otherwise
