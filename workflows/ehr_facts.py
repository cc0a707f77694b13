"""What Careloop knows from the chart, whatever standard it came in. Times are aware UTC; ids are the EHR's own."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class PhoneFact:
    """A telephone number: E.164 where `e164` says so, else as the chart has it. `use`: mobile, home, work, temp."""

    number: str = field(repr=False)
    use: str | None = None
    rank: int | None = None
    e164: bool = True


@dataclass(frozen=True, slots=True)
class PatientFact:
    """One patient as charted. `phones` come best first (mobile, then rank); `language` is a lower-case ISO 639 code."""

    ehr_id: str
    mrn: str | None = field(repr=False)
    family: str | None = field(repr=False)
    given: str | None = field(repr=False)
    phones: tuple[PhoneFact, ...] = field(repr=False)
    email: str | None = field(repr=False)
    birth_date: date | None = field(repr=False)
    language: str | None
    zip: str | None = field(repr=False)
    state: str | None
    active: bool
    deceased: bool
    version: str | None
    do_not_contact: bool = False
    transferred: bool = False
    gender: str | None = None
    sensitive: tuple[str, ...] = ()  # sud, hiv, reproductive, behavioral


@dataclass(frozen=True, slots=True)
class AppointmentFact:
    """One appointment as charted; `status` is the FHIR word (booked, noshow, cancelled, waitlist ...).

    `wanted_from` and `wanted_until` say when a patient on the wait list could come.
    """

    ehr_id: str
    patient_ehr_id: str
    status: str
    start: datetime | None
    end: datetime | None
    kind: str | None
    practitioner_ehr_id: str | None
    location_ehr_id: str | None
    slot_ehr_ids: tuple[str, ...]
    version: str | None
    updated_at: datetime | None
    wanted_from: datetime | None = None
    wanted_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SlotFact:
    """One bookable time; `status` is the FHIR word (free, busy, busy-tentative, ...)."""

    ehr_id: str
    schedule_ehr_id: str
    practitioner_ehr_id: str | None
    start: datetime
    end: datetime
    status: str
    version: str | None


@dataclass(frozen=True, slots=True)
class ClinicalFact:
    """A Condition, Observation, Encounter or Procedure: codes as (system, code), dates and numbers, no narrative.

    `at` is its onset, effective time, start or performance; a Condition's `status` is the clinical one, unless it was refuted
    or entered in error. `class_code` and `disposition` are an Encounter's; `within_ehr_id` is the Encounter it belongs to.
    """

    resource: str
    ehr_id: str
    patient_ehr_id: str
    status: str
    codes: tuple[tuple[str, str], ...]
    at: datetime | None
    until: datetime | None = None
    recorded_at: datetime | None = None
    class_code: str | None = None
    disposition: str | None = None
    within_ehr_id: str | None = None
    value: float | None = None
    unit: str | None = None
    version: str | None = None
    updated_at: datetime | None = None
