"""Promised outside effects. A row carries ids, never content: what is said is made from what is true when it leaves."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import Result, TextClause, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.arrays import literal
from storage.db import org_of

LEASE_S = 30
GIVE_UP_AFTER = 10


class Topic(StrEnum):
    """What can be promised; `handlers/jobs.py` has a deliverer for each."""

    TEXT_SEND = "text.send"
    TEXT_LOOK = "text.look"
    CARD_SYNC = "card.sync"
    WHISPER = "slack.whisper"
    THREAD_POST = "thread.post"
    THREAD_CLEAR = "thread.clear"
    PAGE_SEND = "page.send"
    VENDOR_PROBE = "vendor.probe"
    CARD_SWEEP = "card.sweep"
    CHANNEL_CHECK = "channel.check"
    SIGN_IN_CODE = "sign_in.code"
    CAMPAIGN_WORK = "campaign.work"
    EHR_TASK = "ehr.task"
    EHR_BOOK = "ehr.book"
    EHR_CONFIRM = "ehr.confirm"
    EHR_READ = "ehr.read"
    EHR_POLL = "ehr.poll"
    NOTICE_SYNC = "notice.sync"
    HALT_LIFTED = "halt.lifted"
    COHORT_ROUND = "cohort.round"
    DISRUPTION_START = "disruption.start"
    PLAN_FREEZE = "plan.freeze"
    OPINION_ASK = "opinion.ask"
    SLACK_ROTATE = "slack.rotate"
    SLACK_CHECK = "slack.check"
    ACCOUNT_SWEEP = "account.sweep"
    ACCOUNT_LOOK = "account.look"
    ACCOUNT_FIND = "account.find"
    GROUP_READ = "group.read"
    KPI_REFRESH = "kpi.refresh"
    DIGEST_POST = "digest.post"
    DIGEST_PICTURES = "digest.pictures"


class Lane(StrEnum):
    """By urgency; one queue and one worker process each."""

    SAFETY = "safety"
    REPLIES = "replies"
    ACTIONS = "actions"
    DELIVERY = "delivery"
    BULK = "bulk"
    REPORTS = "reports"


@dataclass(frozen=True, slots=True)
class Promise:
    """A row to put."""

    topic: Topic
    key: str
    lane: Lane
    delay_s: float = 0
    payload: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Leased:
    """A row in our hands until its lease runs out; `token` proves it at settling."""

    id: int
    topic: Topic
    key: str
    lane: Lane
    payload: dict[str, Any]
    attempts: int
    token: UUID


def put(session: Session, topic: Topic, key: str | UUID, *, lane: Lane, delay_s: float = 0, **payload: str) -> None:
    """Promise an outside effect; it leaves only if this transaction commits. A due row with the same key is renewed, not doubled."""
    put_all(session, [Promise(topic, str(key), lane, delay_s, dict(payload))])


def put_all(session: Session, promises: Iterable[Promise]) -> None:
    """Many promises in one statement; keys must differ within the call."""
    rows = list(promises)
    if not rows:
        return
    session.execute(PUT, {"org": org_of(session)} | columns(rows))
    ring(session, rows)


def columns(promises: Iterable[Promise]) -> dict[str, str]:
    """The parameters of `PUT`, also for a statement that puts and does more."""
    rows = list(promises)
    return {
        "topics": literal([p.topic.value for p in rows]),
        "keys": literal([p.key for p in rows]),
        "lanes": literal([p.lane.value for p in rows]),
        "payloads": literal([json.dumps(p.payload or {}) for p in rows]),
        "delays": literal([float(p.delay_s) for p in rows]),
    }


def ring(session: Session, promises: Iterable[Promise]) -> None:
    """Have the lanes' bells rung once this transaction is through."""
    session.info.setdefault("ring", set()).update(p.lane.value for p in promises)


PUT = text(
    """
    INSERT INTO outbox (org_id, topic, key, lane, payload, not_before)
    SELECT :org, topic, key, lane, payload::jsonb, clock_timestamp() + make_interval(secs => delay)
    FROM unnest(CAST(:topics AS text[]), CAST(:keys AS text[]), CAST(:lanes AS text[]), CAST(:payloads AS text[]),
                CAST(:delays AS float8[])) AS new (topic, key, lane, payload, delay)
    ON CONFLICT (org_id, topic, key) WHERE state = 'due'
    DO UPDATE SET payload = excluded.payload, not_before = least(outbox.not_before, excluded.not_before)
    """
)
RETURN_EXPIRED = text(
    """
    UPDATE outbox o SET
        state = CASE WHEN EXISTS (SELECT 1 FROM outbox d WHERE d.org_id = o.org_id AND d.topic = o.topic AND d.key = o.key
                                  AND d.state = 'due') THEN 'done' ELSE 'due' END,
        lease_token = NULL
    WHERE o.org_id = :org AND o.lane = :lane AND o.state = 'leased' AND o.lease_until <= clock_timestamp()
    """
)
AGAIN = text(
    """
    UPDATE outbox o SET lease_token = NULL, problem = :problem, not_before = clock_timestamp() + make_interval(secs => :wait),
        state = CASE WHEN EXISTS (SELECT 1 FROM outbox d WHERE d.org_id = o.org_id AND d.topic = o.topic AND d.key = o.key
                                  AND d.state = 'due') THEN 'done' ELSE 'due' END
    WHERE o.org_id = :org AND o.id = :id AND o.lease_token = :token RETURNING o.id
    """
)
CLAIM = text(
    """
    WITH pick AS (
        SELECT id FROM outbox o
        WHERE org_id = :org AND lane = :lane AND state = 'due' AND not_before <= clock_timestamp() AND topic <> :sends
          AND NOT EXISTS (SELECT 1 FROM outbox l WHERE l.org_id = o.org_id AND l.topic = o.topic AND l.key = o.key
                          AND l.state = 'leased')
        ORDER BY not_before, id LIMIT :most FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox o SET state = 'leased', attempts = attempts + 1, lease_token = uuidv7(),
        lease_until = clock_timestamp() + make_interval(secs => :lease * power(2, least(attempts, 4)))
    FROM pick WHERE o.org_id = :org AND o.id = pick.id
    RETURNING o.id, o.topic, o.key, o.lane, o.payload, o.attempts, o.lease_token, o.not_before
    """
)


def claim(session: Session, lane: Lane, *, most: int, lease_s: float = LEASE_S) -> list[Leased]:
    """Lease due rows of a lane, oldest first, at most one a key at a time; texts are claimed elsewhere (`workflows.sending`).

    A lease that ran out (its worker died) comes back as due: these effects are idempotent.
    """
    where = {"org": org_of(session), "lane": lane.value}
    _make_due(session, RETURN_EXPIRED, where)
    rows = session.execute(CLAIM, where | {"most": most, "lease": lease_s, "sends": Topic.TEXT_SEND.value}).all()
    rows = sorted(rows, key=lambda r: (r.not_before, r.id))
    return [Leased(r.id, Topic(r.topic), r.key, Lane(r.lane), r.payload, r.attempts, r.lease_token) for r in rows]


def due_sends(session: Session, lane: Lane, *, most: int) -> Sequence[Any]:
    """Lock due `text.send` rows of a lane: (id, message id). Skips rows another worker holds."""
    return session.execute(
        text(
            "SELECT id, key::uuid AS message_id FROM outbox WHERE org_id = :org AND lane = :lane AND topic = :sends AND state = 'due' "
            "AND not_before <= clock_timestamp() ORDER BY not_before, id LIMIT :most FOR UPDATE SKIP LOCKED"
        ),
        {"org": org_of(session), "lane": lane.value, "sends": Topic.TEXT_SEND.value, "most": most},
    ).all()


def finish(session: Session, ids: Sequence[int]) -> None:
    """These rows are used up: what they pointed at has its own state now."""
    if ids:
        session.execute(
            text("UPDATE outbox SET state = 'done' WHERE org_id = :org AND id = ANY(:ids)"),
            {"org": org_of(session), "ids": list(ids)},
        )


def done(session: Session, row: Leased) -> bool:
    """Settle as carried out; False when the lease was no longer ours."""
    return _settle(session, row, state="done", problem=None)


def again(session: Session, row: Leased, *, wait_s: float, problem: str) -> bool:
    """Settle as not yet done: due again after `wait_s` of machine time, unless a newer row for the key waits already."""
    where = {"org": org_of(session), "id": row.id, "token": row.token, "wait": wait_s, "problem": problem}
    return _make_due(session, AGAIN, where).first() is not None


def _make_due(session: Session, statement: TextClause, where: dict[str, Any]) -> Result[Any]:
    """A newer promise for the key may be put and committed while the statement runs; the second look sees it and gives way."""
    try:
        with session.begin_nested():
            return session.execute(statement, where)
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
    return session.execute(statement, where)


def note(session: Session, row: Leased, **ids: str) -> None:
    """Keep what the other side called our effect, so that its next try finds it; nothing when the lease is no longer ours."""
    session.execute(
        text(
            "UPDATE outbox SET payload = payload || CAST(:ids AS jsonb) WHERE org_id = :org AND id = :id AND lease_token = :token"
        ),
        {"org": org_of(session), "id": row.id, "token": row.token, "ids": json.dumps(ids)},
    )


def dead(session: Session, row: Leased, *, problem: str) -> bool:
    """Settle as given up; a person is told by the caller."""
    return _settle(session, row, state="dead", problem=problem)


def cancel(session: Session, topic: Topic, keys: Sequence[str]) -> None:
    """Take back promises nobody has begun to keep."""
    if keys:
        session.execute(
            text(
                "UPDATE outbox SET state = 'done', problem = 'cancelled' "
                "WHERE org_id = :org AND topic = :topic AND key = ANY(:keys) AND state = 'due'"
            ),
            {"org": org_of(session), "topic": topic.value, "keys": list(keys)},
        )


def _settle(session: Session, row: Leased, *, state: str, problem: str | None) -> bool:
    found = session.execute(
        text(
            "UPDATE outbox SET state = :state, problem = :problem WHERE org_id = :org AND id = :id AND lease_token = :token RETURNING id"
        ),
        {"org": org_of(session), "id": row.id, "token": row.token, "state": state, "problem": problem},
    )
    return found.first() is not None
