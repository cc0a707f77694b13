"""Writes runs into a database as the app would have left them: rows through the tables, the words sealed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import machine
from storage.db import org_of
from storage.tables import (
    Appointment,
    AuditRow,
    Baseline,
    CallbackWeek,
    Campaign,
    CampaignMember,
    Case,
    CaseEvent,
    Cohort,
    ContactAttempt,
    ContactClock,
    Conversation,
    Correction,
    Enrollment,
    EnrollmentStep,
    FormAnswer,
    FormLink,
    Message,
    Patient,
    PatientNumber,
    PhoneNumber,
    PilotReview,
    ProgramRow,
    ProgramVersion,
    PromiseRow,
    ProviderEvent,
    ReadingRow,
    Row,
    Site,
    Staff,
    Suppression,
    Team,
    TriggerEvent,
)
from tests import factories
from tests.kpis.rows import Facts
from tests.kpis.runs import Clinic, Reply, Run, Text, Visit
from tests.kpis.surrounding import Surroundings

ORDER: tuple[type[Row], ...] = (
    ProgramVersion, Site, Cohort, Campaign, Patient, PhoneNumber, PatientNumber, Conversation, Appointment, TriggerEvent, Enrollment,
    EnrollmentStep, CampaignMember, Message, ProviderEvent, ReadingRow, Suppression, FormLink, FormAnswer, Case, CaseEvent, Correction,
    PilotReview, ContactClock, ContactAttempt, PromiseRow, CallbackWeek, Baseline, AuditRow,
)  # fmt: skip
READINGS: dict[str, Facts] = {
    "ready": {"intents": ["ready"], "choice": 1},
    "slot": {"choice": 1},
    "reschedule": {"intents": ["reschedule"], "urgency": "admin"},
    "stop": {"intents": ["opt_out"], "opt_out": True},
    "stop_in_words": {"intents": ["opt_out"], "opt_out": True},
    "wrong_number": {"intents": ["wrong_number"]},
    "thanks": {"intents": ["thanks"]},
    "emergency": {"intents": ["symptom"], "urgency": "emergency"},
    "complaint": {"intents": ["complaint"], "urgency": "admin"},
    "decline": {"intents": ["decline_outreach"], "objection": "not_now"},
    "understood": {"intents": ["understood"], "choice": 1, "context": "instruction_check"},
    "not_understood": {"intents": ["not_understood"], "choice": 2, "context": "instruction_check"},
    "question": {"intents": ["question"], "urgency": "admin", "context": "instruction_check"},
    "done": {"intents": ["done"], "choice": 1, "context": "next_step_check"},
    "confirm": {"intents": ["confirm"], "choice": 1, "context": "appointment_confirm"},
}
SCORES: dict[str, Facts] = {
    f"score_{n}": {"intents": ["score"], "score": n, "context": "survey_0_10"} for n in range(11)
}
READINGS |= SCORES
QUIET: Facts = {
    "engine": "2", "context": None, "intents": [], "urgency": "none", "confidence": 0.9, "review": False, "opt_out": False,
    "score": None, "choice": None, "language": None, "objection": None, "next_step": None, "promise": None,
}  # fmt: skip
CONTEXTS = {
    "no_show": "outreach_schedule", "survey": "survey_0_10", "recall": "outreach_schedule", "discharge": "instruction_check",
    "reminder": "appointment_confirm",
}  # fmt: skip
PURPOSES = ("opt_out", "safety")
TRIGGERS = {
    "no_show": "appointment.noshow", "survey": "appointment.fulfilled", "recall": "campaign.member",
    "discharge": "encounter.discharged", "reminder": "appointment.booked",
}  # fmt: skip


def write(session: Session, clinic: Clinic) -> dict[int, UUID]:
    """Write all of it; the ids of the enrollments by row. The five programs are published already."""
    return _Writing(session, clinic).all()


class _Writing(Surroundings):
    """One clinic on its way into the tables."""

    def __init__(self, session: Session, clinic: Clinic) -> None:
        super().__init__(session, clinic, ORDER)
        self.programs = {
            row.code: row for row in session.scalars(select(ProgramRow).where(ProgramRow.org_id == org_of(session)))
        }
        self.teams, self.staff = _people(session)
        self.runs = {run.n: self.id() for run in clinic.runs}
        self.patients, self.numbers = dict[int, UUID](), dict[int, UUID]()
        for run in clinic.runs:
            before, household = run.same_patient_as, run.same_patient_as or run.shares_text_of
            self.patients[run.n] = self.id() if before is None else self.patients[before]
            self.numbers[run.n] = self.id() if household is None else self.numbers[household]
        self.about: dict[int, UUID] = {}
        self.sent: dict[int, UUID] = {}
        self.conversations: dict[UUID, UUID] = {}
        self.replied: dict[tuple[int, int], UUID] = {}
        self.readings: dict[UUID, UUID] = {}

    def all(self) -> dict[int, UUID]:
        self.before()
        for run in self.clinic.runs:
            self.person(run)
            self.visits(run)
            self.enrollment(run)
            self.texts(run)
            self.replies(run)
            for no, work in enumerate(run.cases):
                self.case(run, work, no)
        self.nobodys()
        self.after()
        self.insert()
        return self.runs

    def number(self, run: Run) -> UUID:
        return self.numbers[run.n]

    def person(self, run: Run) -> None:
        """A patient with a number; what is the second run of one finds both."""
        if run.same_patient_as is not None:
            return
        row = self.patients[run.n]
        words = {"given": f"Given{run.n}", "family": f"Family{run.n}", "birth_date": "1961-04-12"}
        self.add(
            Patient, id=row, ehr_id=f"pt-{run.n}", birth_year=run.birth_year, language=run.language, zip3=run.zip3, state="IL",
            active=run.same_person_as is None, ehr_read_at=machine(),
            **{name: self.seal(value, f"patients.{name}", row) for name, value in words.items()},
        )  # fmt: skip
        if run.shares_text_of is None:
            e164, row = f"+1312{5550000 + run.n:07d}", self.numbers[run.n]
            theirs = [one for one in self.clinic.runs if run.n in (one.n, one.same_patient_as)]
            taken = [text.at for one in theirs for text in one.texts if text.taken]
            self.add(
                PhoneNumber, id=row, e164_hash=self.keys.lookup("phone", e164), textable="yes",
                e164=self.seal(e164, "phone_numbers.e164", row), first_texted_at=min(taken, default=None),
                last_inbound_at=max((reply.at for one in theirs for reply in one.replies), default=None),
            )  # fmt: skip
        row_of_patient = self.patients[run.n]
        self.add(PatientNumber, patient_id=row_of_patient, number_id=self.number(run))
        self.conversations[row_of_patient] = self.add(
            Conversation, patient_id=row_of_patient, number_id=self.number(run)
        )

    def visits(self, run: Run) -> None:
        if run.visit is not None:
            self.about[run.n] = self.visit(run, run.visit, kind="office visit")
        elif run.same_person_as is not None and run.same_person_as in self.about:
            self.about[run.n] = self.about[run.same_person_as]
        if run.follow_up is not None:
            self.visit(run, run.follow_up, kind="follow-up")
        for other in run.others:
            self.visit(run, other, kind="office visit")

    def visit(self, run: Run, visit: Visit, **facts: Any) -> UUID:
        row = self.id()
        self.add(
            Appointment, id=row, ehr_id=f"apt-{row.hex}", patient_id=self.patients[run.n], status=visit.status, start_at=visit.at,
            end_at=visit.at + timedelta(minutes=30), practitioner="Dr. Okafor", location="loc-main", ehr_version="1",
            ehr_updated_at=visit.changed_at, ehr_read_at=machine(), **({"booked_by_case": None, "booked_by_enrollment": None} | facts),
        )  # fmt: skip
        if visit.booked_at is not None:
            self.heard(run, "appointment.booked", visit.booked_at, key=f"{row}:booked", appointment_id=row)
        if visit.status in ("noshow", "fulfilled") and visit is not run.visit:
            self.heard(run, f"appointment.{visit.status}", visit.at, key=f"{row}:{visit.status}", appointment_id=row)
        return row

    def heard(self, run: Run, kind: str, at: datetime, *, key: str, **facts: Any) -> UUID:
        usual: Facts = {"appointment_id": None, "verdict": "no_program", "context": {}, "owner": "ehr", "source": "ehr"}
        return self.add(
            TriggerEvent, external_id=key, kind=kind, occurred_at=at, received_at=at, patient_id=self.patients[run.n], **(usual | facts)
        )  # fmt: skip

    def enrollment(self, run: Run) -> None:
        program, row, led_to = self.programs[run.program], self.runs[run.n], None
        if run.booked is not None:
            by_case = any(work.disposition == "booked" for work in run.cases)
            led_to = self.visit(run, run.booked, kind="office visit", booked_by_enrollment=None if by_case else row)
        came = led_to is not None and run.booked is not None and run.booked.status == "fulfilled"
        began = self.heard(
            run, TRIGGERS[run.program], run.started, key=f"run:{run.n}", appointment_id=self.about.get(run.n), verdict="enrolled",
            source=run.source, context=_said(run),
        )  # fmt: skip
        scores = [
            READINGS[reply.kind].get("score")
            for reply in run.replies
            if reply.kind in READINGS and run.program == "survey"
        ]
        self.add(
            Enrollment, id=row, program_id=program.id, version_id=self.version(program, run.wording), patient_id=self.patients[run.n],
            number_id=self.number(run), appointment_id=self.about.get(run.n), trigger_event_id=began,
            state="ended" if run.ended else "paused" if run.quarantined else "waiting", started_at=run.started, ended_at=run.ended,
            outcome=run.outcome, routing=None, touches=len([t for t in run.texts if t.taken and t.step not in PURPOSES]),
            score=next((score for score in scores if score is not None), None), owner="ehr", source=run.source, holdout=run.holdout,
            run_no=run.run_no, segment=run.segment, site_id=self.site if run.at_site else None,
            campaign_id=self.campaigns.get(run.campaign),
            quarantined_at=run.quarantined, booked_appointment_id=led_to if run.outcome == "booked" else None,
            recovered_at=run.booked.changed_at if came and run.booked else None,
        )  # fmt: skip
        if run.program == "discharge":
            due = run.started + timedelta(days=2)
            self.clocks[run.n] = self.add(
                ContactClock, enrollment_id=row, patient_id=self.patients[run.n], discharged_at=run.started, due_at=due,
                warn_at=due - timedelta(hours=6),
            )  # fmt: skip

    def texts(self, run: Run) -> None:
        for no, text in enumerate(run.texts):
            self.sent[run.n] = self.text(run, text, key=f"enr:{run.n}:{text.step}:{no}")
        if run.shares_text_of is not None:
            other = self.clinic.run(run.shares_text_of)
            told = self.text(
                run, other.texts[-1], key=f"enr:{run.n}:merged", merged_into=self.sent[other.n], provider_sid=None
            )
            self.sent[run.n] = told

    def text(self, run: Run, text: Text, *, key: str, **facts: Any) -> UUID:
        row, special = self.id(), text.step in PURPOSES
        state = "failed" if text.state == "rejected" else text.state
        usual = {
            "provider_sid": f"SM{row.hex}" if text.taken else None, "sent_at": text.at if text.taken or state == "failed" else None,
            "merged_into": None, "rule": "suppressed" if state == "refused" else None,
            "error_code": {"undelivered": "30005", "failed": "30008"}.get(state),
        }  # fmt: skip
        said = usual | facts
        self.add(
            Message, id=row, conversation_id=self.conversations[self.patients[run.n]], number_id=self.number(run),
            patient_id=self.patients[run.n],
            enrollment_id=self.runs[run.n], direction="out", purpose=text.step if special else "program", dedupe_key=key,
            channel=text.channel, segments=text.segments,
            step=None if special else text.step, touch=None if special else 1, language=run.language, state=state,
            body=self.seal("Hello.", "messages.body", row), created_at=text.at, state_at=text.said_at, **said,
        )  # fmt: skip
        if text.entered:
            at = {"entered_at": text.at - timedelta(seconds=30), "left_at": text.at + timedelta(hours=1), "how": None}
            self.rows[EnrollmentStep].append({"enrollment_id": self.runs[run.n], "step": text.step, **at})
        if said["provider_sid"] and state != "presumed_sent":
            self.rows[ProviderEvent] += [
                {"provider_sid": said["provider_sid"], "status": status, "error_code": "", "received_at": text.said_at}
                for status in (("delivered", "read") if state == "read" else (state,))
            ]
        return row

    def replies(self, run: Run) -> None:
        for no, reply in enumerate(run.replies):
            row, form = self.id(), reply.kind == "form"
            self.replied[run.n, no] = row
            self.add(
                Message, id=row, conversation_id=self.conversations[self.patients[run.n]], number_id=self.number(run),
                patient_id=self.patients[run.n], enrollment_id=self.runs[run.n], direction="in", channel="form" if form else "sms",
                purpose="inbound", dedupe_key=f"in:{run.n}:{no}", body=self.seal("Yes.", "messages.body", row), state="received",
                created_at=reply.at, state_at=reply.at, provider_sid=None if form else f"SM{row.hex}",
            )  # fmt: skip
            if form:
                self.form(run, reply.at, row)
                continue
            reading = self.id()
            read = QUIET | {"context": CONTEXTS[run.program]} | READINGS[reply.kind]
            evidence = self.seal("[]", "readings.evidence", reading)
            self.add(ReadingRow, id=reading, message_id=row, evidence=evidence, read_at=reply.at, **read)
            self.readings[row] = reading
            if read["opt_out"] or reply.kind == "wrong_number":
                self.stop(run, reply, row)

    def stop(self, run: Run, reply: Reply, message: UUID) -> None:
        """A number is stopped once; that it is somebody else's weighs more than STOP."""
        source = {"stop": "keyword", "stop_in_words": "natural"}.get(reply.kind, "wrong_number")
        before = next((row for row in self.rows[Suppression] if row["number_id"] == self.number(run)), None)
        if before is None:
            self.add(Suppression, number_id=self.number(run), source=source, message_id=message, since=reply.at)
        elif source == "wrong_number":
            before["source"] = source

    def form(self, run: Run, at: datetime, message: UUID) -> None:
        who = {"patient_id": self.patients[run.n], "enrollment_id": self.runs[run.n]}
        link = self.add(
            FormLink, token_hash=message.bytes, form="survey", version=1, number_id=self.number(run), language=run.language,
            made_at=at - timedelta(minutes=5), expires_at=at + timedelta(days=1), used_at=at, **who,
        )  # fmt: skip
        self.add(
            FormAnswer,
            link_id=link,
            form="survey",
            version=1,
            message_id=message,
            coded={"score": 9},
            answered_at=at,
            **who,
        )

    def nobodys(self) -> None:
        if self.clinic.practice is not None:
            self.case(None, self.clinic.practice, 0)
        text = self.clinic.try_it
        if text is not None:
            number, row = self.id(), self.id()
            e164 = "+13125559999"
            self.add(
                PhoneNumber, id=number, e164_hash=self.keys.lookup("phone", e164), textable="yes", first_texted_at=text.at,
                e164=self.seal(e164, "phone_numbers.e164", number),
            )  # fmt: skip
            self.add(
                Message, id=row, number_id=number, direction="out", purpose="staff", dedupe_key=f"try:{self.staff}:0",
                state=text.state, provider_sid=f"SM{row.hex}", body=self.seal("A test.", "messages.body", row), created_at=text.at,
                sent_at=text.at, state_at=text.said_at,
            )  # fmt: skip


def _said(run: Run) -> dict[str, str]:
    """What the trigger's context has."""
    found = {"discharge_at": run.started.isoformat()} if run.program == "discharge" else {}
    found |= {"due_at": run.due.isoformat()} if run.due else {}
    return found | ({"payer": run.payer} if run.payer else {})


def _people(session: Session) -> tuple[dict[str, UUID], UUID]:
    """The teams by code and somebody who works there, made the first time."""
    org = org_of(session)
    known = {row.code: row.id for row in session.scalars(select(Team).where(Team.org_id == org))}
    teams = known or {code: team.id for code, team in factories.all_teams(session).items()}
    somebody = session.scalar(select(Staff.id).where(Staff.org_id == org).limit(1))
    return teams, somebody or factories.a_member_of_staff(session, role="clinician").id
