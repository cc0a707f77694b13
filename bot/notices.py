"""Notices to a team's channel that are about no case: drawn from the rows as they are now, so that a late redraw is right."""

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import absence, campaign_sync, notice_faces, times
from bot.blocks import Message
from bot.notice_faces import DepartureView, DisruptionView, HaltView
from core.ids import show
from storage.db import now, org_of
from storage.tables import Disruption, Staff
from workflows import absences, accounts, departures, disruptions, halts, outages, staff, surroundings


def build(session: Session, kind: str, subject_id: UUID, *, channel: str) -> Message:
    """The notice of this kind about this row, for this channel."""
    if kind == absences.NOTICE:
        return absence.notice(session, subject_id, channel=channel)
    return KINDS[kind](session, subject_id)


def _halt(session: Session, halt_id: UUID) -> Message:
    halt = halts.get(session, halt_id)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    since = f"{times.moment(halt.since, zone)} by {staff.name(session, halt.by_id)}: {halt.reason}"
    lifted = None
    if halt.lifted_at is not None and halt.lifted_by_id is not None:
        lifter = staff.name(session, halt.lifted_by_id)
        lifted = f"{times.moment(halt.lifted_at, zone)} by {lifter}: {halt.lifted_reason or ''}"
    words = halts.words_of(session, halt)
    return notice_faces.halt(HaltView(show("hlt", halt.id), words, since, halts.STAYS_ON, lifted))


def title_of(row: Disruption) -> str:
    """What a disruption is called: "Dr. Okafor is out on Thu Dec 3"."""
    what = "is out" if row.kind == "provider" else "is closed"
    return f"{row.label} {what} on {row.day:%a %b} {row.day.day}"


def _disruption(session: Session, disruption_id: UUID) -> Message:
    row = disruptions.get(session, disruption_id)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    asked = f"{staff.name(session, row.asked_by_id)}: {row.reason}"
    approved = None
    if row.approved_at is not None and row.approved_by_id is not None:
        approved = f"{times.moment(row.approved_at, zone)} by {staff.name(session, row.approved_by_id)}"
    return notice_faces.disruption(DisruptionView(show("dis", row.id), title_of(row), asked, row.counts, approved))


def _slack_down(session: Session, outage_id: UUID) -> Message:
    told, zone, at = (
        outages.told(session, outage_id),
        ZoneInfo(surroundings.organisation_of(session).zone),
        now(session),
    )
    began = times.moment_near(told.began, zone, now=at)
    ended = times.moment_near(told.ended or at, zone, now=at)
    return notice_faces.slack_down(began, ended, opened=told.opened, closed=told.closed, texts=told.texts)


def _departure(session: Session, absence_id: UUID) -> Message:
    row, who = departures.departure(session, absence_id)
    why = staff.WHY.get(who.left_why or "", "an admin ended it")
    lists = tuple(departures.lists_with(session, who.id))
    return notice_faces.departure(DepartureView(who.name, who.role, why, len(row.handed), lists))


def _return(session: Session, absence_id: UUID) -> Message:
    _, who = departures.departure(session, absence_id)
    return notice_faces.return_of(who.name, who.role, staff_id=None if who.active else show("stf", who.id))


def _unfound(session: Session, staff_id: UUID) -> Message:
    person = session.scalars(select(Staff).where(Staff.org_id == org_of(session), Staff.id == staff_id)).one()
    return notice_faces.unfound(person.name, person.email, found=accounts.has_account(session, staff_id))


KINDS: dict[str, Callable[[Session, UUID], Message]] = {
    "halt": _halt,
    "disruption": _disruption,
    "campaign": campaign_sync.notice,
    outages.NOTICE: _slack_down,
    departures.GONE: _departure,
    departures.BACK: _return,
    accounts.UNFOUND: _unfound,
}
