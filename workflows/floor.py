"""One live question a patient and a number: programs queue rather than talk over each other, and all are quiet while a person talks.

A question is open from when its text leaves until it is answered or its wait is over. The judgement is pure; the facts for a whole
batch come in two queries, under the lock of the numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage import messages, outbox
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from workflows import publishing
from workflows.effects import State
from workflows.gate import Answer, Verdict

OPEN, TALKING = "question.open", "person.talking"
QUIET = timedelta(hours=24)  # a conversation between people is over a day after its last word
IN_TIME = timedelta(hours=2)  # a reminder that would wait until this close to the visit is a person's call instead
ASKED = text(
    """
    SELECT e.id, e.patient_id, e.number_id, e.version_id, e.wake_at
    FROM enrollments e
    WHERE e.org_id = :org AND e.state = 'waiting' AND e.reach IN ('asked', 'delivered') AND e.wake_at > :now
      AND (e.patient_id = ANY(:patients) OR e.number_id = ANY(:numbers))
      AND EXISTS (SELECT 1 FROM messages m WHERE m.org_id = e.org_id AND m.enrollment_id = e.id AND m.step = e.step
                  AND m.direction = 'out' AND m.state = ANY(:counted))
    """
)
TALKS = text(
    """
    SELECT c.patient_id, c.number_id, max(m.created_at) AS last_at
    FROM cases c JOIN messages m ON m.org_id = c.org_id AND m.number_id = c.number_id
    WHERE c.org_id = :org AND (c.state = 'claimed' OR (c.state = 'open' AND c.kind = 'review'))
      AND (c.patient_id = ANY(:patients) OR c.number_id = ANY(:numbers))
      AND m.created_at > :since AND (m.direction = 'in' OR m.purpose = 'staff')
    GROUP BY c.patient_id, c.number_id
    """
)
FREE = text(
    """
    UPDATE messages SET state = 'planned', hold_until = NULL
    WHERE org_id = :org AND state = 'held' AND rule = :rule AND number_id = ANY(:numbers) RETURNING id, purpose
    """
)


@dataclass(frozen=True, slots=True)
class Question:
    """An open question: whose, how important its program is (1 before 9), and when its wait is over (UTC)."""

    enrollment: object
    patient: object
    number: object
    priority: int
    over_at: datetime


@dataclass(frozen=True, slots=True)
class Wanting:
    """A text that wants to leave. `bound`: it speaks of a time, so it cannot wait behind a less important question."""

    enrollment: object
    patient: object
    number: object
    priority: int
    bound: bool = False
    visit_at: datetime | None = None
    asks: bool = True


@dataclass
class Floor:
    """Who has the ear of these patients and numbers. `questions` grows as texts of the batch are let go."""

    questions: list[Question] = field(default_factory=list)
    talks: list[tuple[object, object, datetime]] = field(default_factory=list)  # patient, number, when it is over

    def keeps_back(self, wanting: Wanting) -> Answer | None:
        """Why this text may not leave now and until when; None when the floor is free for it."""
        until = max((over for p, n, over in self.talks if p == wanting.patient or n == wanting.number), default=None)
        if until is not None:
            return Answer(Verdict.HOLD, TALKING, until=until)
        others = [
            one
            for one in self.questions
            if one.enrollment != wanting.enrollment
            and (one.number == wanting.number or (one.patient == wanting.patient and one.patient is not None))
        ]
        if not wanting.asks or not others:
            return None
        if wanting.bound and wanting.priority < min(one.priority for one in others):
            return None
        until = max(one.over_at for one in others)
        too_late = wanting.bound and wanting.visit_at is not None and until > wanting.visit_at - IN_TIME
        return Answer(Verdict.BLOCK if too_late else Verdict.HOLD, OPEN, until=until)

    def take(self, wanting: Wanting, *, over_at: datetime) -> None:
        """This text leaves: if it asks, its question is open from now on."""
        if wanting.asks:
            self.questions.append(
                Question(wanting.enrollment, wanting.patient, wanting.number, wanting.priority, over_at)
            )


def is_over(before: State, after: State) -> bool:
    """Whether the question that was open is answered or over: another program's may be asked."""
    return after.status != "waiting" or (after.step, after.touches) != (before.step, before.touches)


def waits_longer(kept: Answer, answer: Answer) -> bool:
    """Whether the floor's answer counts and not the gate's: a cap that would cost the touch today may be over when the ear is free."""
    if answer.verdict is Verdict.HOLD:
        return answer.until is not None and kept.until is not None and kept.until > answer.until
    return answer.verdict is Verdict.SEND or answer.rule.startswith("cap.")


def load(session: Session, *, patients: Iterable[UUID], numbers: Iterable[UUID]) -> Floor:
    """What is open around these patients and numbers."""
    who = {"org": org_of(session), "patients": list(patients), "numbers": list(numbers)}
    if not who["patients"] and not who["numbers"]:
        return Floor()
    at = now(session)
    asked = session.execute(ASKED, who | {"now": at, "counted": list(messages.COUNTED)}).all()
    programs = publishing.snapshots(session, {row.version_id for row in asked})
    talks = session.execute(TALKS, who | {"since": at - QUIET})
    return Floor(
        [
            Question(row.id, row.patient_id, row.number_id, programs[row.version_id].priority, row.wake_at)
            for row in asked
        ],
        [(row.patient_id, row.number_id, row.last_at + QUIET) for row in talks],
    )


def free(session: Session, numbers: Sequence[UUID], *, rule: str = OPEN) -> None:
    """What this rule held back for these numbers is planned again, to be judged anew."""
    if not numbers:
        return
    freed = session.execute(FREE, {"org": org_of(session), "rule": rule, "numbers": list(numbers)}).all()
    outbox.put_all(session, [outbox.Promise(Topic.TEXT_SEND, str(row.id), Lane.DELIVERY) for row in freed])
