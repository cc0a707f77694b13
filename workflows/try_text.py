"""*Try it*: one text to one's own phone, by the way that patients' texts take: gate, windows, provider, receipt."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit, messages, numbers, outbox
from storage.db import now, org_of
from storage.outbox import Topic
from storage.tables import Consent, Message
from workflows import consent, paging, segments, sending, surroundings
from workflows.organising import changes, people
from workflows.roles import Verb, demand
from workflows.staff import Who

KEY = "try:"
PURPOSE = "staff"
A_DAY = 5
BODY = "{clinic}: a test from Careloop. If you can read this, texts leave and arrive. No answer is needed. STOP ends texts to this phone."
HOW, SCOPE = "asked for in Slack", "care: a test text"
STATES = {
    "planned": "on its way",
    "held": "waiting: texts leave within the hours that the law and you allow",
    "sending": "on its way",
    "accepted": "with the provider",
    "sent": "with the carrier",
    "unknown": "sent, and the provider's answer was lost",
    "refused": "refused: this phone has stopped texts, or may not be texted",
    "blocked": "refused by a rule",
    "undelivered": "not delivered: look at the number",
    "failed": "not delivered: look at the number",
}


def send(session: Session, said: str | None, *, by: Who) -> None:
    """To the phone on file, or to `said`, which is then on file as theirs. Refused for other roles, bad numbers and too many."""
    demand(by.role, Verb.PRACTISE)
    changes.lock(session)
    if said and said != paging.phone_of(session, by.id):
        if not people.E164.fullmatch(said):
            raise Refused(people.NO_NUMBER)
        people.phone(session, by.id, said)
        audit.record(session, "staff.phone", actor=by.actor, subject=("staff", str(by.id)))
    to = paging.phone_of(session, by.id)
    if to is None:
        raise Refused("There is no phone of yours on file. Write your number. Nothing was sent.")
    number = numbers.add(session, to)
    known = select(Consent.id).where(Consent.org_id == org_of(session), Consent.number_id == number.id)
    if session.scalar(known.limit(1)) is None:
        consent.record(
            session, number, who=by.name, given_at=now(session), how=HOW, wording=HOW, scope=SCOPE, by=by.actor
        )
    _plan(session, number.id, by)


def _plan(session: Session, number_id: UUID, by: Who) -> None:
    mine = Message.dedupe_key.startswith(f"{KEY}{by.id}:")
    today = select(func.count()).where(
        Message.org_id == org_of(session), mine, Message.created_at > now(session) - timedelta(days=1)
    )
    count = session.scalar(today) or 0
    if count >= A_DAY:
        raise Refused(f"{A_DAY} test texts a day are enough. Nothing was sent.")
    body = BODY.format(clinic=surroundings.organisation_of(session).brand)
    draft = messages.Draft(
        number_id=number_id,
        body=body,
        purpose=PURPOSE,
        dedupe_key=f"{KEY}{by.id}:{now(session):%Y%m%d%H%M}",
        language="en",
        segments=segments.count(body).segments,
        staff_id=by.id,
    )
    planned = messages.plan(session, [draft])
    if not planned:
        raise Refused("A test text left within this minute. Nothing was sent twice.")
    outbox.put(session, Topic.TEXT_SEND, planned[0], lane=sending.lane_of(PURPOSE))


def arrived(session: Session) -> bool:
    """Whether the provider said of one of them that it reached the phone."""
    found = select(Message.id).where(
        Message.org_id == org_of(session), Message.dedupe_key.startswith(KEY), Message.state.in_(("delivered", "read"))
    )
    return session.scalar(found.limit(1)) is not None


def words(session: Session) -> str:
    """How the last one stands, or what it is for."""
    found = select(Message.state).where(Message.org_id == org_of(session), Message.dedupe_key.startswith(KEY))
    last = session.scalar(found.order_by(Message.created_at.desc(), Message.id.desc()).limit(1))
    if arrived(session):
        return "A test text reached a colleague's phone."
    if last is None:
        return "Takes the way that patients' texts take: hours, provider, receipt. It goes to your phone alone."
    return f"The last test text is {STATES.get(last, last)}."
