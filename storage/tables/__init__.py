"""The schema, a file for each noun. Migrations are the truth in a database; these classes must agree with them (`alembic check`)."""

from storage.tables.campaigns import Campaign, CampaignApproval, CampaignMember, CapRaise
from storage.tables.cases import CardPost, Case, CaseEvent, Interpretation, PromiseRow
from storage.tables.clinical import ClinicalCode, ClinicalRecord
from storage.tables.cohorts import Cohort, CohortEntry, CohortMember, CohortRun, CohortSource, CohortUpload
from storage.tables.columns import Row
from storage.tables.contact import ContactPreference, Proxy
from storage.tables.contacts import ContactAttempt, ContactClock
from storage.tables.corrections import Correction
from storage.tables.drafts import ProgramDraft
from storage.tables.ehr import Appointment, EhrFeed, EhrLink, Event, Receipt, Slot
from storage.tables.figures import FigureReader
from storage.tables.forms import FormAnswer, FormLink, Offer
from storage.tables.installs import InstallInvitation, InstallState, SlackInstall, SlackWorkspace
from storage.tables.kpis import KpiCase, KpiDay, KpiEnrollment, KpiMaking, KpiState, KpiVisit
from storage.tables.lenses import Lens
from storage.tables.lexicons import LexiconVersion
from storage.tables.messages import Attempt, Conversation, Decision, Message, ProviderEvent, ReadingRow
from storage.tables.noted import NotedMessage
from storage.tables.operations import Disruption, Halt, NoticePost, PlanItem, PlanSnapshot, Skip
from storage.tables.opinions import OpinionRow
from storage.tables.organisations import (
    AccountSweep,
    Connection,
    GroupMember,
    Organisation,
    PageLink,
    PageSession,
    Route,
    Site,
    Staff,
    StaffIdentity,
    Team,
    TeamMember,
)
from storage.tables.outbox import AuditRow, AuditSeal, OutboxRow
from storage.tables.paging import Ladder, Rung
from storage.tables.patients import Consent, Patient, PatientNumber, PhoneNumber, Suppression
from storage.tables.pilots import Pilot, PilotReview
from storage.tables.programs import Enrollment, EnrollmentStep, ProgramRow, ProgramVersion, TriggerEvent
from storage.tables.reporting import Baseline, CallbackWeek
from storage.tables.reports import DigestPost
from storage.tables.routing import RoutingGap, RoutingRule
from storage.tables.saved_replies import SavedReply
from storage.tables.threads import ThreadPost
from storage.tables.time import Absence, Outage, SignInCode, SlaTimer
from storage.tables.triggers import PatientAlias, Tag, TriggerSource
from storage.tables.undos import Undo
from storage.tables.waitlist import WaitlistEntry

__all__ = [
    "Absence",
    "AccountSweep",
    "Appointment",
    "Attempt",
    "AuditRow",
    "AuditSeal",
    "Baseline",
    "CallbackWeek",
    "Campaign",
    "CampaignApproval",
    "CampaignMember",
    "CapRaise",
    "CardPost",
    "Case",
    "CaseEvent",
    "ClinicalCode",
    "ClinicalRecord",
    "Cohort",
    "CohortEntry",
    "CohortMember",
    "CohortRun",
    "CohortSource",
    "CohortUpload",
    "Connection",
    "Consent",
    "ContactAttempt",
    "ContactClock",
    "ContactPreference",
    "Conversation",
    "Correction",
    "Decision",
    "DigestPost",
    "Disruption",
    "EhrFeed",
    "EhrLink",
    "Enrollment",
    "EnrollmentStep",
    "Event",
    "FigureReader",
    "FormAnswer",
    "FormLink",
    "GroupMember",
    "Halt",
    "InstallInvitation",
    "InstallState",
    "Interpretation",
    "KpiCase",
    "KpiDay",
    "KpiEnrollment",
    "KpiMaking",
    "KpiState",
    "KpiVisit",
    "Ladder",
    "Lens",
    "LexiconVersion",
    "Message",
    "NotedMessage",
    "NoticePost",
    "Offer",
    "OpinionRow",
    "Organisation",
    "Outage",
    "OutboxRow",
    "PageLink",
    "PageSession",
    "Patient",
    "PatientAlias",
    "PatientNumber",
    "PhoneNumber",
    "Pilot",
    "PilotReview",
    "PlanItem",
    "PlanSnapshot",
    "ProgramDraft",
    "ProgramRow",
    "ProgramVersion",
    "PromiseRow",
    "ProviderEvent",
    "Proxy",
    "ReadingRow",
    "Receipt",
    "Route",
    "RoutingGap",
    "RoutingRule",
    "Row",
    "Rung",
    "SavedReply",
    "SignInCode",
    "Site",
    "Skip",
    "SlaTimer",
    "SlackInstall",
    "SlackWorkspace",
    "Slot",
    "Staff",
    "StaffIdentity",
    "Suppression",
    "Tag",
    "Team",
    "TeamMember",
    "ThreadPost",
    "TriggerEvent",
    "TriggerSource",
    "Undo",
    "WaitlistEntry",
]
