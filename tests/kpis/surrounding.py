"""What is around a clinic's runs, as rows: campaigns and who was held out, reviews and corrections, calls, baselines, settings."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core.clock import machine
from storage.db import org_of
from storage.tables import (
    Appointment,
    AuditRow,
    Baseline,
    CallbackWeek,
    Campaign,
    CampaignMember,
    Cohort,
    Correction,
    Organisation,
    Patient,
    PilotReview,
    ProgramRow,
    ProgramVersion,
    Site,
    Suppression,
    TriggerEvent,
)
from tests.kpis import around
from tests.kpis.casework import Casework
from tests.kpis.rows import Facts

BEFORE = (date(2026, 8, 3), date(2026, 9, 27))


class Surroundings(Casework):
    """The part that writes what is around."""

    programs: dict[str, ProgramRow]
    site: UUID | None = None
    campaigns: dict[int, UUID]

    def before(self) -> None:
        """What runs point at."""
        around, self.campaigns, self.versions = self.clinic.around, {}, dict[tuple[UUID, int], UUID]()
        organisation = self.session.get_one(Organisation, org_of(self.session))
        organisation.settings = organisation.settings | {
            name: said for name, said in (("prices", dict(around.prices)), ("hours", dict(around.hours))) if said
        }
        self.session.flush()
        if any(run.at_site for run in self.clinic.runs):
            self.site = self.add(Site, name="Main Street", zone="America/Chicago", zip="60601", ehr_id="loc-main")
        for no, one in enumerate(around.campaigns, start=1):
            self.campaigns[no] = self._campaign(one)

    def version(self, program: ProgramRow, number: int) -> UUID | None:
        """A published version; the second has the first one's source."""
        if number == 1:
            return program.live_version_id
        known = self.versions
        if (program.id, number) not in known:
            live = self.session.scalars(
                select(ProgramVersion).where(ProgramVersion.id == program.live_version_id)
            ).one()
            facts = {"digest": f"another {number}", "source": live.source, "published_at": live.published_at}
            known[program.id, number] = self.add(
                ProgramVersion, program_id=program.id, number=live.number + number - 1, **facts
            )
        return known[program.id, number]

    def _campaign(self, one: around.Campaign) -> UUID:
        program, at = self.programs[one.program], one.launched
        versions = [str(self.version(program, n)) for n in range(1, one.wordings + 1)]
        cohort = self.add(
            Cohort, code=one.cohort, title="A list", kind="csv", made_at=at - timedelta(days=2), made_by="system"
        )
        row = self.add(
            Campaign, program_id=program.id, version_ids=versions, cohort_id=cohort, team_id=self.teams[one.team], reason="recall",
            population="a list", state="running", state_at=at, seed=1, created_by=self.staff, created_at=at - timedelta(days=1),
            launched_at=at, launched_by=self.staff,
        )  # fmt: skip
        for held in one.held:
            self._held(row, held)
        return row

    def _held(self, campaign: UUID, held: around.Held) -> None:
        row = self.id()
        words = {"given": "Given0", "family": "Family0", "birth_date": "1961-04-12"}
        self.add(
            Patient, id=row, ehr_id=f"pt-{row.hex}", birth_year=1950, language="en", zip3="606", state="IL", active=True,
            ehr_read_at=machine(), **{name: self.seal(value, f"patients.{name}", row) for name, value in words.items()},
        )  # fmt: skip
        verdict = "excluded" if held.excluded else "eligible"
        self.add(CampaignMember, campaign_id=campaign, patient_id=row, verdict=verdict, holdout=True)
        if held.came:
            self.add(
                Appointment, ehr_id=f"apt-{row.hex}", patient_id=row, status="fulfilled", start_at=held.came, ehr_version="1",
                end_at=held.came + timedelta(minutes=30), practitioner="Dr. Okafor", location="loc-main", kind="office visit",
                ehr_updated_at=held.came, ehr_read_at=machine(), booked_by_case=None, booked_by_enrollment=None,
            )  # fmt: skip

    def after(self) -> None:
        """What points at runs, and what stands alone."""
        around = self.clinic.around
        for no, review in enumerate(around.reviews):
            case = self.reviewed(review.run, review.at, no)
            judged = {
                "verdict": review.verdict,
                "staff_id": self.staff,
                "judged_at": review.at,
                "wanted_at": review.at,
                "pilot_id": None,
            }
            self.add(PilotReview, enrollment_id=self.runs[review.run], case_id=case, stage=review.stage, **judged)
        for no, one in enumerate(around.corrections):
            self._corrected(one, no)
        for stop in around.stops:
            before = {"source": stop.source, "message_id": None, "since": stop.since, "lifted_at": stop.lifted}
            self.add(Suppression, number_id=self.numbers[stop.run], **before)
        self._figures()

    def _corrected(self, one: around.Correction, no: int) -> None:
        message = self.replied[one.run, one.reply]
        said: Facts = {
            "was_intents": [],
            "was_urgency": one.was,
            "intents": [],
            "urgency": one.says,
            "note": "missed",
            "engine": "2",
        }
        case = self.reviewed(one.run, one.at, 1000 + no)
        said |= {"case_id": case, "staff_id": self.staff, "corrected_at": one.at}
        self.add(Correction, message_id=message, reading_id=self.readings[message], **said)

    def _figures(self) -> None:
        around, kept = self.clinic.around, self.clinic.now
        for week, reason, program, calls in around.weeks:
            self.add(CallbackWeek, week=week, reason=reason, program=program, calls=calls, kept_at=kept)
        for program, calls, discharges in around.baselines:
            counts = {
                "numerator": calls,
                "denominator": discharges,
                "first": BEFORE[0],
                "last": BEFORE[1],
                "method": "the phone system",
            }
            self.add(Baseline, program=program, kpi="avoidable_callbacks", kept_at=kept, **counts)
        for no, at in enumerate(around.discharges):
            facts: Facts = {
                "appointment_id": None,
                "verdict": "no_program",
                "context": {},
                "owner": "ehr",
                "source": "ehr",
            }
            whose = self.patients[min(self.patients)]
            heard = {"kind": "encounter.discharged", "occurred_at": at, "received_at": at, "patient_id": whose}
            self.add(TriggerEvent, external_id=f"discharge:{no}", **heard, **facts)
        for at in around.routing:
            self.rows[AuditRow].append(
                {
                    "at": at,
                    "actor": "operator",
                    "action": "routing.changed",
                    "subject_kind": "organisation",
                    "subject_id": "rules",
                }
            )
