"""The RQ entry points. A job is a doorbell: it names a lane, takes its work from PostgreSQL, and rings again while more is due."""

from collections.abc import Callable
from uuid import UUID

from rq.timeouts import JobTimeoutException
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from bot.web_api import NO_ACCESS
from core import clock, log
from core.errors import CareloopError, Misconfigured, Temporary, Unknown
from handlers.deps import Deps, current
from handlers.effects import (
    bookings,
    campaigns,
    channels,
    charts,
    confirmations,
    digests,
    kpis,
    notices,
    opinions,
    paging,
    people,
    rounds,
    sign_in,
    slack,
    slack_tokens,
    texts,
    threads,
)
from storage import outbox
from storage.db import org_of
from storage.outbox import GIVE_UP_AFTER, Lane, Leased, Topic
from storage.tables import Enrollment
from workflows import doubts, enrollments, outages

DEADLINE_S = 5.0
AT_ONCE = 16
LONG = frozenset({Lane.REPORTS})
"""Lanes whose effects may take long: one at a time, so that a job ends well within its time (`bells.JOB_TIMEOUT_S`)."""
BACK_OFF_S = (1, 5, 30, 120, 600, 3600)

DELIVER: dict[Topic, Callable[[Deps, UUID, Leased], None]] = {
    Topic.CAMPAIGN_WORK: campaigns.work,
    Topic.CARD_SYNC: slack.card,
    Topic.CARD_SWEEP: slack.sweep,
    Topic.CHANNEL_CHECK: channels.check,
    Topic.VENDOR_PROBE: slack.probe,
    Topic.WHISPER: slack.whisper,
    Topic.THREAD_POST: threads.post,
    Topic.THREAD_CLEAR: threads.clear,
    Topic.PAGE_SEND: paging.send,
    Topic.SIGN_IN_CODE: sign_in.send,
    Topic.EHR_READ: charts.read,
    Topic.EHR_POLL: charts.poll,
    Topic.EHR_TASK: charts.write_task,
    Topic.EHR_BOOK: bookings.book,
    Topic.EHR_CONFIRM: confirmations.confirm,
    Topic.TEXT_LOOK: texts.look,
    Topic.NOTICE_SYNC: notices.sync,
    Topic.HALT_LIFTED: notices.halt_lifted,
    Topic.COHORT_ROUND: rounds.go,
    Topic.DISRUPTION_START: notices.disruption_start,
    Topic.PLAN_FREEZE: notices.freeze_plan,
    Topic.OPINION_ASK: opinions.ask,
    Topic.SLACK_ROTATE: slack_tokens.rotate,
    Topic.SLACK_CHECK: slack_tokens.check,
    Topic.ACCOUNT_SWEEP: people.sweep,
    Topic.ACCOUNT_LOOK: people.look,
    Topic.ACCOUNT_FIND: people.find,
    Topic.GROUP_READ: people.group,
    Topic.DIGEST_POST: digests.post,
    Topic.DIGEST_PICTURES: digests.pictures,
    Topic.KPI_REFRESH: kpis.refresh,
}


def attend(lane: str) -> None:
    """Answer one lane's bell: batches of each organisation in turn until nothing is due or five seconds are over, then ring again."""
    deps = current()
    deps.bells.answered(lane)
    until = clock.monotonic() + DEADLINE_S
    while clock.monotonic() < until:
        busy = [org for org in deps.db.due_orgs(lane) if serve(deps, org, Lane(lane))]
        if not busy:
            return
    deps.bells.ring([lane])


def serve(deps: Deps, org: UUID, lane: Lane) -> bool:
    """One batch of one organisation: timers, texts, then the other effects; True when anything was done."""
    moved = advance(deps, org) if lane is Lane.BULK else 0
    sent = texts.send_batch(deps, org, lane)
    with deps.db.begin(org=org) as session:
        most = 1 if lane in LONG else AT_ONCE
        leased = outbox.claim(session, lane, most=most, lease_s=deps.patience.effect_lease_s)
    for row in leased:
        deliver(deps, org, row)
    return bool(moved or sent or leased)


def advance(deps: Deps, org: UUID) -> int:
    """Move the enrollments that are due; one that cannot be moved is found by trying each alone, and set aside."""
    try:
        with deps.db.begin(org=org) as session:
            return doubts.settle_silent(session) + len(enrollments.advance(session))
    except (DBAPIError, JobTimeoutException):
        raise  # the database or the clock, not an enrollment: the bell rings again
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one enrollment must not stop the others
        log.get().error("advance.failed", error=type(error).__name__)
    return _one_by_one(deps, org)


def deliver(deps: Deps, org: UUID, row: Leased) -> None:
    """Carry out one promised effect and settle it; vendor and database errors become outcomes, so that the rest of the batch goes on."""
    try:
        DELIVER[row.topic](deps, org, row)
    except Temporary as error:
        _again(deps, org, row, wait_s=error.retry_after_s, problem="temporary", silent=_silent(error))
    except Unknown as error:
        _again(deps, org, row, wait_s=None, problem="unknown", silent=_silent(error))
    except Misconfigured as error:
        log.get().error("effect.misconfigured", topic=row.topic.value, reason=error.what, fix=error.fix)
        if error.code in NO_ACCESS:
            slack.cut_off(deps, org)
        elif row.topic is Topic.CARD_SYNC:
            slack.refused(deps, org, row.key)
        _again(deps, org, row, wait_s=60, problem="misconfigured")
    except CareloopError as error:
        _give_up(deps, org, row, problem=getattr(error, "code", "") or type(error).__name__)
    except (
        DBAPIError
    ):  # a deadlock, or a record that another worker wrote first: that one is through, this one goes again
        _again(deps, org, row, wait_s=None, problem="database")
    else:
        with deps.db.begin(org=org) as session:
            outbox.done(session, row)


def _silent(error: BaseException | None) -> str:
    """The vendor that gave no clear answer, by the error or what it came from; empty when none is to blame."""
    while error is not None:
        if isinstance(error, (Temporary, Unknown)) and error.silent:
            return error.silent
        error = error.__cause__
    return ""


def _again(deps: Deps, org: UUID, row: Leased, *, wait_s: float | None, problem: str, silent: str = "") -> None:
    asked_to_wait = (
        wait_s is not None or silent != ""
    )  # throttled, waiting for an admin, or the vendor is down: not this effect's fault, so it never runs out of tries
    if row.attempts >= GIVE_UP_AFTER and not asked_to_wait:
        _give_up(deps, org, row, problem=problem)
        return
    wait = wait_s if wait_s is not None else BACK_OFF_S[min(row.attempts, len(BACK_OFF_S)) - 1]
    log.get().info(
        "effect.again", topic=row.topic.value, outbox=row.id, attempts=row.attempts, code=problem, retry_s=wait
    )
    with deps.db.begin(org=org) as session:
        outbox.again(session, row, wait_s=wait, problem=problem)
        if silent:
            outages.failed(session, silent)


def _give_up(deps: Deps, org: UUID, row: Leased, *, problem: str) -> None:
    """Nothing is lost silently: the row stays as dead, and what a person has to do by hand shows on the case."""
    log.get().error("effect.given_up", topic=row.topic.value, outbox=row.id, code=problem)
    with deps.db.begin(org=org) as session:
        outbox.dead(session, row, problem=problem)
    if row.topic is Topic.EHR_BOOK:
        bookings.give_back(deps, org, row.key, reason=problem, manual=True, by=row.payload.get("by"))
    elif row.topic is Topic.EHR_CONFIRM:
        confirmations.by_hand(deps, org, row.key, reason=problem)
    elif row.topic is Topic.EHR_TASK:
        charts.manual(deps, org, UUID(row.key))
    elif row.topic is Topic.PAGE_SEND:
        paging.give_up(deps, org, row)
    elif row.topic is Topic.CARD_SYNC:
        log.get().error("card.missing", case=row.key, code=problem)
        slack.refused(deps, org, row.key)


def _one_by_one(deps: Deps, org: UUID) -> int:
    with deps.db.begin(org=org) as session:
        due = list(
            session.scalars(
                select(Enrollment.id)
                .where(
                    Enrollment.org_id == org_of(session),
                    Enrollment.wake_at <= session.info["now"],
                    Enrollment.quarantined_at.is_(None),
                )
                .order_by(Enrollment.wake_at)
                .limit(enrollments.BATCH)
            )
        )
    for enrollment_id in due:
        try:
            with deps.db.begin(org=org) as session:
                enrollments.advance(session, only=[enrollment_id])
        except (DBAPIError, JobTimeoutException):
            raise
        except Exception as error:  # noqa: BLE001 - this is the one; it is set aside with a case
            log.get().error("enrollment.quarantined", enrollment=str(enrollment_id), error=type(error).__name__)
            with deps.db.begin(org=org) as session:
                enrollments.quarantine(session, enrollment_id)
    return len(due)
