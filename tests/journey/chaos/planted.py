"""A build with the classic defect: it posts first and records after. Who dies in between posts again."""

from uuid import UUID

from rq import Queue

from core import clock
from core.ids import show
from handlers import bells, jobs
from handlers.deps import Deps, current
from integrations.channels.ports import OutgoingText, SendResult
from storage import messages, numbers, outbox
from storage.outbox import Lane
from workflows import sending
from workflows.sending import Fate, Outcome

VALID_S = 3600


class Bells(bells.Bells):
    """The app's doorbells; behind them the defective build opens."""

    def queue(self, lane: str) -> Queue:
        found = super().queue(lane)
        return _Rerouted(found.name, connection=found.connection, serializer=found.serializer)


class _Rerouted(Queue):
    def enqueue(self, f: object, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        return super().enqueue("tests.journey.chaos.planted.attend", *args, **kwargs)


def attend(lane: str) -> None:
    """Everything as in the real build, but for texts of programs."""
    deps = current()
    if lane == Lane.DELIVERY:
        deps.bells.answered(lane)
        until = clock.monotonic() + jobs.DEADLINE_S
        while clock.monotonic() < until and [org for org in deps.db.due_orgs(lane) if _send(deps, org)]:
            pass
    else:
        jobs.attend(lane)


def _send(deps: Deps, org: UUID) -> bool:
    with deps.db.begin(org=org) as session:
        rows = outbox.due_sends(session, Lane.DELIVERY, most=sending.BATCH)
        due = messages.get_many(session, [row.message_id for row in rows])
        texts = [
            (id_, numbers.clear(session, numbers.lock(session, one.number_id)), messages.body(session, one))
            for id_, one in due.items()
        ]
    channel = deps.vendors.sms(org)
    posted: dict[UUID, SendResult] = {
        id_: channel.send(OutgoingText(show("att", id_), to, body, VALID_S)) for id_, to, body in texts
    }
    with deps.db.begin(org=org) as session:
        ready = sending.claim(session, Lane.DELIVERY, most=len(posted)) if posted else []
        outcomes = [
            Outcome(one.attempt_id, Fate(posted[one.message_id].state.value), sid=posted[one.message_id].provider_sid)
            for one in ready
            if one.message_id in posted
        ]
        sending.settle(session, outcomes)
    return bool(posted)
