"""A vendor that does not answer: what all workers saw counts, not one process. While Slack is down loud cases page by text at once.

All times that decide are machine time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from core import clock
from core.errors import Refused
from core.ids import show
from storage import audit, notices, outbox
from storage.db import now, org_of
from storage.outbox import Lane, Topic
from storage.tables import Case, CaseEvent, Ladder, Outage, Rung
from workflows import cases, on_call, paging, reconciling_cards

SLACK = "slack"
FAILURES = 3
CERTAIN_AFTER = timedelta(seconds=5)
PROBE_EVERY = timedelta(seconds=5)
NOTICE = "slack_down"
TEAM = "front_office"
FAILED = text(
    """
    INSERT INTO outages (org_id, vendor) VALUES (:org, :vendor)
    ON CONFLICT (org_id, vendor) WHERE ended_at IS NULL
    DO UPDATE SET failures = outages.failures + 1, failed_at = clock_timestamp()
    """
)
HELD_FOR = timedelta(seconds=30)
"""What waits for a sign of life waits no longer than this for a clock that has stopped asking."""
IN_ORDER = text(
    """
    UPDATE outbox o SET not_before = statement_timestamp() + line.place * interval '1 ms' - make_interval(mins => CASE
        WHEN line.flag THEN 120 WHEN o.lane = 'safety' THEN 90 WHEN o.topic = 'page.send' THEN 60
        WHEN o.topic = 'card.sync' THEN 30 ELSE 1 END)
    FROM (
        SELECT d.id, c.priority = 'emergency' AND c.state <> 'closed' AS flag,
            row_number() OVER (ORDER BY c.opened_at, c.number, d.not_before, d.id) AS place
        FROM outbox d LEFT JOIN cases c
            ON c.org_id = d.org_id AND c.id = CASE WHEN d.topic = 'card.sync' THEN CAST(d.key AS uuid) END
        WHERE d.org_id = :org AND d.state = 'due' AND d.topic = ANY(:topics)
    ) line
    WHERE o.org_id = :org AND o.id = line.id AND o.state = 'due'
    """
)
SHOWN_IN_SLACK = (
    Topic.CARD_SYNC,
    Topic.WHISPER,
    Topic.PAGE_SEND,
    Topic.NOTICE_SYNC,
    Topic.THREAD_POST,
    Topic.THREAD_CLEAR,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the notice after an outage says."""

    began: datetime
    ended: datetime | None
    opened: int
    closed: int
    texts: int


def failed(session: Session, vendor: str) -> None:
    """One more call that got no clear answer. The third, five seconds after the first, makes it certain."""
    session.execute(FAILED, {"org": org_of(session), "vendor": vendor})
    certain = session.scalar(
        update(Outage)
        .where(
            _open(session, vendor), Outage.down_at.is_(None), Outage.failures >= FAILURES,
            func.clock_timestamp() - Outage.began_at >= CERTAIN_AFTER,
        )
        .values(down_at=func.clock_timestamp(), down_business_at=now(session))
        .returning(Outage.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if certain is not None:
        _begin(session, certain)


def answered(session: Session, vendor: str) -> None:
    """The vendor answers: an outage that was certain is over, anything less is forgotten."""
    over = session.execute(
        update(Outage)
        .where(_open(session, vendor))
        .values(ended_at=func.clock_timestamp(), ended_business_at=now(session))
        .returning(Outage.id, Outage.down_at, Outage.case_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if over is None:
        return
    if over.down_at is None:
        session.execute(
            text("DELETE FROM outages WHERE org_id = :org AND id = :id"), {"org": org_of(session), "id": over.id}
        )
        return
    _end(session, over.id, case_id=over.case_id)


def tend(session: Session) -> None:
    """Promise a probe of whoever failed lately, each five seconds. The clock calls it each second."""
    due = (
        update(Outage)
        .where(
            Outage.org_id == org_of(session), Outage.ended_at.is_(None),
            (Outage.probed_at.is_(None)) | (Outage.probed_at <= clock.machine() - PROBE_EVERY),
        )
        .values(probed_at=clock.machine())
        .returning(Outage.vendor)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    for vendor in session.scalars(due):
        outbox.put(session, Topic.VENDOR_PROBE, vendor, lane=Lane.SAFETY)


def holds(session: Session, vendor: str) -> bool:
    """Whether what is meant for this vendor waits for its sign of life, so that it then goes in order and not by whose try comes first."""
    down = select(Outage.id).where(
        _open(session, vendor), Outage.down_at.is_not(None), Outage.probed_at > clock.machine() - HELD_FOR
    )
    return session.scalar(down) is not None


def told(session: Session, outage_id: UUID) -> Told:
    """What happened meanwhile, counted."""
    row = session.scalars(select(Outage).where(Outage.org_id == org_of(session), Outage.id == outage_id)).one()
    began = row.down_business_at or now(session)
    end = row.ended_business_at or now(session)

    def of_cases(what: str) -> int:
        found = select(func.count(CaseEvent.case_id.distinct())).where(
            CaseEvent.org_id == org_of(session), CaseEvent.what == what, CaseEvent.at >= began, CaseEvent.at <= end
        )
        return session.scalar(found) or 0

    texts = select(func.count()).where(
        Rung.org_id == org_of(session),
        Rung.via == "text",
        Rung.state == "reached",
        Rung.settled_at >= began,
        Rung.settled_at <= end,
    )
    return Told(began, row.ended_business_at, of_cases("opened"), of_cases("closed"), session.scalar(texts) or 0)


def page_the_loud(session: Session) -> None:
    """Slack shows nothing from now on: the ladders of loud cases begin again, by text, at once."""
    session.info.pop("slack_down", None)
    loud = select(Case.id).where(Case.org_id == org_of(session), Case.priority.in_(paging.LOUD), Case.state == "open")
    going = (Ladder.org_id == org_of(session)) & Ladder.ended_at.is_(None) & Ladder.case_id.in_(loud)
    session.execute(
        update(Ladder).where(going).values(stage=0, next_at=now(session)).execution_options(synchronize_session=False)
    )


def catch_up(session: Session) -> None:
    """Slack shows cards again: what waited goes now, red flags first; what is missing or gone is promised."""
    session.info.pop("slack_down", None)
    reconciling_cards.promise_missing(session)
    topics = [topic.value for topic in SHOWN_IN_SLACK]
    session.execute(IN_ORDER, {"org": org_of(session), "topics": topics})
    notices.each_channel(session, Topic.CARD_SWEEP)
    session.info.setdefault("ring", set()).update({Lane.SAFETY.value, Lane.ACTIONS.value})


def _open(session: Session, vendor: str) -> Any:
    return (Outage.org_id == org_of(session)) & (Outage.vendor == vendor) & Outage.ended_at.is_(None)


def _begin(session: Session, outage_id: UUID) -> None:
    """Certain now: whoever must know is texted, and the ladders of loud cases begin again, by text, at once."""
    session.info.pop("slack_down", None)
    opening = cases.Opening(
        kind="system_alert",
        team=TEAM,
        reason="slack_down",
        due="1 business day",
        priority="high",
        dedupe_key=f"outage:{outage_id}",
    )
    case = cases.open_one(session, opening)
    session.execute(
        update(Outage).where(Outage.org_id == org_of(session), Outage.id == outage_id).values(case_id=case.id)
    )
    audit.record(session, "slack.down", actor="system", subject=("case", show("cas", case.id)))
    people = {person.id: person for person in (*on_call.admins(session), *on_call.managers(session))}
    for person in people.values():
        if person.has_phone:
            paging.text_person(session, case, person.id, tier=paging.OUTAGE)
    page_the_loud(session)


def _end(session: Session, outage_id: UUID, *, case_id: UUID | None) -> None:
    """What waited goes now, red flags first by age; what is missing is promised; each team reads since when and what was done."""
    catch_up(session)
    notices.tell_teams(session, NOTICE, outage_id)
    if case_id is None:
        return
    case = cases.get(session, case_id)
    audit.record(session, "slack.back", actor="system", subject=("case", show("cas", case.id)))
    if case.state != "closed":
        try:
            cases.close(session, case, disposition="resolved", actor=cases.SYSTEM)
        except Refused:  # somebody closed it this moment
            return
