"""Cases of a clinic with their stories, as rows."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from storage.tables import Case, CaseEvent, ContactAttempt
from tests.kpis.rows import Rows
from tests.kpis.runs import Run, Work

TEAMS = {
    "red_flag": "clinical",
    "low_score": "front_office",
    "wrong_number": "front_office",
    "duplicate_chart": "front_office",
}
PRIORITIES = {"red_flag": "emergency", "low_score": "high"}
RESULTS = {"reached": "spoke", "voicemail": "left_message"}
BY_ITSELF = ("opened", "reopened", "woken", "patient_replied", "sla_warned")
Event = tuple[datetime, str, str | None]


class Casework(Rows):
    """The part that writes cases."""

    def case(self, run: Run | None, work: Work, no: int) -> None:
        """A case with its story; one that was opened again stands as its second life left it."""
        row, last = self.id(), work.again or work
        state = "closed" if last.closed else "claimed" if last.claimed else "open"
        of = {} if run is None else {"patient_id": self.patients[run.n], "number_id": self.numbers[run.n]}
        if run is not None and work.kind != "duplicate_chart":
            of["enrollment_id"] = self.runs[run.n]
        self.add(
            Case, id=row, dedupe_key=self.key(run, work, no), kind=work.kind, priority=PRIORITIES.get(work.kind, "normal"),
            reason=work.kind, team_id=self.teams[TEAMS.get(work.kind, "patient_access")], state=state, opened_at=work.opened,
            owner_id=self.staff if last.claimed else None, due_at=last.due, claimed_at=last.claimed, closed_at=last.closed,
            card_posted_at=work.posted, disposition=last.disposition if last.closed else None,
            **({"patient_id": None, "number_id": None, "enrollment_id": None} | of),
        )  # fmt: skip
        if run is not None and run.n in self.clocks:
            for at, how in work.calls:
                tried = {"clock_id": self.clocks[run.n], "case_id": row, "staff_id": self.staff, "method": "phone"}
                self.add(ContactAttempt, at=at, result=RESULTS.get(how, "no_answer"), **tried)
        self.rows[CaseEvent] += [
            {
                "case_id": row,
                "at": at,
                "what": what,
                "staff_id": None if what in BY_ITSELF else self.staff,
                "detail": detail,
            }
            for at, what, detail in sorted(_story(work), key=lambda one: one[0])
        ]

    def key(self, run: Run | None, work: Work, no: int) -> str:
        """A dedupe key as the app would have made it."""
        if run is not None and run.same_person_as is not None:
            first, second = sorted((self.patients[run.n], self.patients[run.same_person_as]))
            return f"same:{first}:{second}"
        return f"enr:{run.n}:{work.kind}:{no}" if run is not None else f"practice:{self.staff}:0"

    def reviewed(self, run: int, at: datetime, no: int) -> UUID:
        """The case on whose page somebody looked at a run."""
        return self.add(
            Case, dedupe_key=f"pilot:{run}:{no}", kind="pilot_review", priority="normal", reason="pilot_review",
            team_id=self.teams["patient_access"], state="closed", opened_at=at, owner_id=self.staff, due_at=at, claimed_at=at, closed_at=at,
            card_posted_at=None, disposition="resolved", patient_id=self.patients[run], number_id=None, enrollment_id=self.runs[run],
        )  # fmt: skip


def _story(work: Work) -> Iterator[Event]:
    yield work.opened, "opened", None
    for life in (work, work.again):
        if life is None:
            continue
        if life is work.again:
            yield life.opened, "reopened", None
        if life.claimed:
            yield life.claimed, "reassigned" if life.given else "claimed", None
        yield from ((at, "call_logged", how) for at, how in life.calls)
        yield from ((at, what, None) for at, what in life.steps)
        if life.closed:
            yield life.closed, "closed", life.disposition
