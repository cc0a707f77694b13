"""Texts: claim → POST → settle, and the look-up of those whose answer was lost."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from core import clock, log
from core.errors import Permanent, Temporary, Unknown
from core.ids import show
from handlers.deps import Deps
from handlers.effects import charts
from integrations.channels.errors import Where, meaning
from integrations.channels.ports import OutgoingText, ProviderText, SendResult, SmsChannel
from storage import messages, numbers, outbox
from storage.outbox import Lane, Leased, Topic
from workflows import cases, doubts, sending
from workflows.sending import Fate, Outcome, Ready

TOO_LATE_S = 2.0  # from claim to POST; later than that it is given back and judged anew
FRESH_S = 30.0  # EHR facts older than this are read again before a program text
IN_FLIGHT = 32  # POSTs at the same time: at the usual 0.2 s each a batch is out well before TOO_LATE_S
_posts = ThreadPoolExecutor(max_workers=IN_FLIGHT, thread_name_prefix="post")


def send_batch(deps: Deps, org: UUID, lane: Lane) -> int:
    """Send one batch of due texts of a lane; how many were claimed. Never posts one twice, whatever happens in between."""
    granted = deps.pacer.take(org, lane, sending.BATCH)
    if not granted:
        return 0
    _refresh(deps, org, lane)
    with deps.db.begin(org=org) as session:
        # first: a text that waits for a doubt to end would be held again, for no time at all
        doubts.settle_silent(session)
        sending.sweep(session, patience=deps.patience)
        ready = sending.claim(session, lane, most=granted, patience=deps.patience)
    deps.pacer.give_back(org, granted - sum(item.segments for item in ready))
    if not ready:
        return 0
    channel = deps.vendors.sms(org)
    outcomes = list(_posts.map(lambda item: _post(channel, item), ready))
    for code in sorted({o.code or "" for o in outcomes if o.meaning in sending.OURS}):
        log.get().error("channel.halted", code=code, fix=meaning(code, Where.CREATE).say)
    with deps.db.begin(org=org) as session:
        sending.settle(session, outcomes, patience=deps.patience)
    log.get().info("texts.sent", lane=lane.value, count=len(ready))
    return len(ready)


def look(deps: Deps, org: UUID, row: Leased) -> None:
    """Find out what became of an UNKNOWN attempt; after the last look a person is asked. Raises Temporary to look again."""
    attempt_id = UUID(row.key)
    with deps.db.begin(org=org) as session:
        attempt = messages.attempt(session, attempt_id)
        if attempt is None or attempt.state != "unknown":
            return
        message = messages.get(session, attempt.message_id)
        to = numbers.clear(session, numbers.lock(session, message.number_id))
        body, since = messages.body(session, message), attempt.started_at - timedelta(seconds=5)
    found = deps.vendors.sms(org).find(to, since=since)
    with deps.db.begin(org=org) as session:
        attempt = messages.attempt(session, attempt_id, lock=True)
        if attempt is None or attempt.state != "unknown":
            return
        message = messages.get(session, attempt.message_id)
        match = _match(found, body, taken=messages.known_sids(session, [text.sid for text in found]))
        if match is not None:
            sending.accept(session, attempt, message, sid=match.sid, by="look_up")
            return
        attempt.looks += 1
        looks = deps.patience.looks_s
        if attempt.looks < len(looks):
            wait = looks[attempt.looks] - looks[attempt.looks - 1]
            outbox.put(session, Topic.TEXT_LOOK, attempt.id, lane=Lane.DELIVERY, delay_s=wait)
            return
        attempt.resolved_by = "person"
        cases.open_one(
            session,
            cases.Opening(
                kind="unknown_send", team="front_office", reason="no_answer_from_provider", due="4 business hours",
                dedupe_key=f"att:{attempt.id}", patient_id=message.patient_id, number_id=message.number_id,
                enrollment_id=message.enrollment_id, message_id=message.id,
            ),
        )  # fmt: skip


def provider_said(
    deps: Deps, org: UUID, attempt_id: UUID | None, *, sid: str, status: str, code: str, place: int | None
) -> None:
    """A status callback: kept, and the message moved up if this is news. `place` is the status's rank, None when unknown to us."""
    with deps.db.begin(org=org) as session:
        if (
            not messages.provider_said(session, attempt_id=attempt_id, sid=sid, status=status, error_code=code)
            or place is None
        ):
            return
        attempt = messages.attempt(session, attempt_id, lock=True) if attempt_id else None
        message = messages.get(session, attempt.message_id) if attempt else messages.by_sid(session, sid)
        if message is None:
            return
        if attempt is not None and attempt.state in ("sending", "unknown"):
            sending.accept(session, attempt, message, sid=sid, by="callback")
        sending.hear(
            session,
            message,
            status=status,
            code=code,
            meaning=meaning(code, Where.CALLBACK).action.value if code else None,
        )


def _post(channel: SmsChannel, item: Ready) -> Outcome:
    if (clock.machine() - item.claimed_at).total_seconds() > TOO_LATE_S:
        return Outcome(item.attempt_id, Fate.NOT_SENT, code="not_posted", wait_s=0)
    result = channel.send(OutgoingText(show("att", item.attempt_id), item.to, item.body, item.validity_s))
    return _outcome(item.attempt_id, result)


def _outcome(attempt_id: UUID, result: SendResult) -> Outcome:
    fate = Fate(result.state.value)
    means = meaning(result.code, Where.CREATE).action.value if fate is Fate.FAILED else None
    return Outcome(
        attempt_id,
        fate,
        sid=result.provider_sid,
        code=result.code,
        http_status=result.http_status,
        wait_s=result.retry_after_s,
        meaning=means,
    )


def _match(found: Sequence[ProviderText], body: str, *, taken: set[str]) -> ProviderText | None:
    """The text at the provider that no other attempt owns; the body decides where the provider keeps bodies."""
    free = [text for text in found if text.sid not in taken and text.direction.startswith("outbound")]
    same = [text for text in free if text.body in ("", body)]
    return min(same, key=lambda text: text.created_at) if same else None


def _refresh(deps: Deps, org: UUID, lane: Lane) -> None:
    """Read EHR facts that are getting old, before and outside the claim; without an answer the gate decides by their age."""
    if lane not in (Lane.DELIVERY, Lane.BULK):
        return
    older = clock.machine() - timedelta(seconds=FRESH_S)
    with deps.db.begin(org=org) as session:
        stale = sending.stale_patients(session, lane, older_than=older)
    if not stale:
        return
    try:
        charts.refresh(deps, org, [patient for patient, _ in stale], [visit for _, visit in stale if visit])
    except (Temporary, Permanent, Unknown) as error:
        log.get().warning("ehr.not_refreshed", error=type(error).__name__, count=len(stale))
