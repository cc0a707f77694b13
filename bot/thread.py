"""What the bot says in the thread of a case's card: that the patient answered, and the words themselves only where Slack may see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import times
from bot.blocks import Block, Message, actions, button, clip, context, escape, section
from core import clock
from core.ids import show
from storage import messages
from storage.db import now
from storage.tables import CardPost, Case, ThreadPost
from workflows import cases, channels, privacy, surroundings

BODY_SHOWN = 2400
HOW = "Answer here with `reply: …`, or press Open."


@dataclass(frozen=True, slots=True)
class Plan:
    """What to say where. `posting_since` is None the first time; `posted` when it stands there already."""

    case_id: UUID
    message_id: UUID
    channel: str
    thread_ts: str | None
    posting_since: datetime | None
    posted: bool
    message: Message


def plan(session: Session, case_id: UUID, message_id: UUID) -> Plan | None:
    """Read what is true now and draw it, and mark a first post as begun; None when the case was closed meanwhile."""
    case = cases.get(session, case_id)
    if case.state == "closed":
        return None
    spot = channels.of_case(session, case)
    card = session.scalar(
        select(CardPost.ts).where(
            CardPost.org_id == case.org_id, CardPost.case_id == case.id, CardPost.channel == spot.channel
        )
    )
    known = session.scalar(
        select(ThreadPost).where(
            ThreadPost.org_id == case.org_id, ThreadPost.case_id == case.id, ThreadPost.message_id == message_id
        )
    )
    full = privacy.level(session, case) == "full" and not spot.shielded
    if known is None and card is not None:
        values = {"channel": spot.channel, "posting_since": clock.machine(), "holds_body": full}
        session.execute(insert(ThreadPost).values(org_id=case.org_id, case_id=case.id, message_id=message_id, **values))
    return Plan(
        case_id=case.id,
        message_id=message_id,
        channel=spot.channel,
        thread_ts=card,
        posting_since=known.posting_since if known else None,
        posted=known is not None and known.ts is not None,
        message=_drawn(session, case, message_id, full=full),
    )


def build(case_id: UUID, number: int, *, at: str, body: str | None) -> Message:
    """The post: `body` None where Slack may not see it. The push text never holds a word of the patient's."""
    said = f"*Patient, {at}*" if body is not None else f"*New reply from the patient, {at}*"
    blocks: list[Block] = [section(said)]
    if body is not None:
        quoted = "\n".join(f">{escape(line)}" for line in clip(body, BODY_SHOWN).splitlines())
        blocks.append(section(quoted or ">–"))
        blocks.append(context(HOW))
    blocks.append(actions(button("Open", "case.more", value=f"open:{show('cas', case_id)}")))
    return Message(f"Case {number}: new reply", tuple(blocks))


def _drawn(session: Session, case: Case, message_id: UUID, *, full: bool) -> Message:
    row = messages.get(session, message_id)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    at = times.moment_near(row.created_at, zone, now=now(session))
    return build(case.id, case.number, at=at, body=messages.body(session, row) if full else None)
