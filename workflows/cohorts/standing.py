"""Programs that a cohort or a time window starts by itself (S9, S12): asked once a day, only whom it newly takes, a bounded number."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage import outbox
from storage.db import now
from storage.outbox import Lane, Topic
from storage.tables import CohortMember, TriggerEvent
from workflows import local_days, publishing, triggers
from workflows.admission import Heard, span
from workflows.cohorts import evaluation, rules, uploads, windows
from workflows.cohorts.matching import LOW
from workflows.cohorts.periods import Span, begins
from workflows.programs.model import Program
from workflows.surroundings import organisation_of

SOURCE = "cohort"
ANY = "any"  # a program for campaigns: a person launches it
MOST_A_DAY = 50  # enrollments a program and day: a first round must not text a whole practice
MOST_TRIES = 200
DAILY = "cohorts.daily"
UNSURE = 0.5  # how sure of its patient a list is that only knew name and birth date


def promise(session: Session) -> None:
    """Once a day, from six in the morning: promise a round of each standing program, and forget what is kept for a week only."""
    if not local_days.first_round(session, DAILY):
        return
    uploads.drop_raw(session)
    evaluation.forget_outs(session)
    for program in _programs(session):
        outbox.put(session, Topic.COHORT_ROUND, program.program, lane=Lane.REPORTS)


def due(session: Session, code: str) -> list[Heard]:
    """Whom a standing program takes today, longest waiting first, as triggers to record; its cohort is evaluated anew.

    Left out: who is in the program or was until lately, whose feed is stale, for whom the window opened too long ago (`fresh`).
    """
    program = next((one for one in _programs(session) if one.program == code), None)
    if program is None:
        return []
    cohort_id = _cohort(session, program)
    run = evaluation.evaluate(session, cohort_id, program=code)
    cohort = evaluation.get(session, cohort_id).code
    today = now(session).astimezone(ZoneInfo(organisation_of(session).zone)).date()
    members = sorted(evaluation.members(session, run.id), key=_since)
    return list(_heard(session, program, members, cohort=cohort, today=today))


def enter(session: Session, heard: Heard) -> str:
    """Record one trigger; what became of it, as `admission.SAYS` has it."""
    triggers.record(session, heard)
    said: TriggerEvent | None = triggers.said_before(session, heard.source, heard.external_id)
    return said.verdict if said is not None else "already"


def _programs(session: Session) -> list[Program]:
    live = [program for _, _, program in publishing.every_live(session)]
    return [one for one in live if one.trigger.window is not None or one.trigger.cohort not in (None, ANY)]


def _cohort(session: Session, program: Program) -> UUID:
    if program.trigger.window is not None:
        return rules.save(session, windows.rule(program, program.trigger.window), actor="system")
    rules.save_built_in(session, actor="system", codes=[str(program.trigger.cohort)])
    return evaluation.by_code(session, str(program.trigger.cohort)).id


def _heard(
    session: Session, program: Program, members: list[CohortMember], *, cohort: str, today: date
) -> Iterator[Heard]:
    for member in members:
        due_at = _due_at(session, program, member.evidence)
        if program.trigger.fresh and due_at is not None and now(session) - due_at > span(program.trigger.fresh):
            continue
        records = {name: found["record"] for name, found in member.evidence.items()}
        context: dict[str, Any] = {"cohort": cohort, "run": str(member.run_id), "records": records}
        yield Heard(
            source=SOURCE,
            external_id=f"{program.program}:{member.patient_id}:{today.isoformat()}",
            kind="cohort.entered",
            occurred_at=due_at or now(session),
            owner="system",
            patient_id=member.patient_id,
            appointment_id=None,
            context=context | ({"due_at": due_at.isoformat()} if due_at else {}),
            segment=cohort,
            confidence=UNSURE if member.match_confidence == LOW else None,
            program=program.program,
        )


def _due_at(session: Session, program: Program, evidence: Mapping[str, Any]) -> datetime | None:
    """When the window opened: the first day that is longer than that after the record it counts from."""
    window = program.trigger.window
    if window is None or "last" not in evidence:
        return None
    zone = organisation_of(session).zone
    last = datetime.fromisoformat(evidence["last"]["at"]).astimezone(ZoneInfo(zone)).date()
    return begins(Span(0, 1).after(Span.parse(windows.span_of(window)).after(last)), zone)


def _since(member: CohortMember) -> tuple[str, str]:
    return min((found["at"] for found in member.evidence.values() if found.get("at")), default=""), str(
        member.patient_id
    )
