"""Cards that Slack ought to show and does not: never posted, behind what is true, or gone from the channel."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core import log
from core.ids import show
from storage import outbox
from storage.db import org_of
from storage.outbox import Lane, Promise, Topic
from storage.tables import CardPost, Case

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """One card where we last put it; `ts` is Slack's, in seconds."""

    post_id: UUID
    case_id: UUID
    ts: str


MISSING = text(
    """
    SELECT c.id, c.priority FROM cases c
    WHERE c.org_id = :org AND (c.state <> 'closed' OR c.closed_at >= careloop.now() - interval '2 days')
      AND NOT EXISTS (SELECT 1 FROM card_posts p WHERE p.org_id = c.org_id AND p.case_id = c.id AND p.ts IS NOT NULL
                      AND p.rendered_version >= c.version)
      AND (c.state <> 'closed' OR EXISTS (SELECT 1 FROM card_posts p WHERE p.org_id = c.org_id AND p.case_id = c.id AND p.ts IS NOT NULL))
      AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.org_id = c.org_id AND o.topic = 'card.sync' AND o.key = CAST(c.id AS text)
                      AND o.state IN ('due', 'leased'))
    ORDER BY c.priority = 'emergency' DESC, c.priority = 'urgent' DESC, c.due_at LIMIT :most
    """
)


def promise_missing(session: Session) -> int:
    """Promise the card of each case that is not posted, or behind, and that nobody has promised; how many."""
    found = session.execute(MISSING, {"org": org_of(session), "most": AT_ONCE}).all()
    lanes = {"emergency": Lane.SAFETY, "urgent": Lane.SAFETY}
    outbox.put_all(
        session, [Promise(Topic.CARD_SYNC, str(id_), lanes.get(priority, Lane.ACTIONS)) for id_, priority in found]
    )
    if found:
        log.get().info("cards.reconciled", count=len(found))
    return len(found)


def standing(session: Session, channel: str) -> list[Standing]:
    """The cards of open cases that we believe to stand in a channel. Read before its history is: what is posted later is not judged."""
    found = (
        select(CardPost.id, CardPost.case_id, CardPost.ts)
        .join(Case, (Case.org_id == CardPost.org_id) & (Case.id == CardPost.case_id))
        .where(CardPost.org_id == org_of(session), CardPost.channel == channel, CardPost.ts.is_not(None))
        .where(Case.state != "closed")
    )
    return [Standing(post_id, case_id, str(ts)) for post_id, case_id, ts in session.execute(found)]


def promise_gone(
    session: Session, believed: Sequence[Standing], *, seen: Collection[tuple[str, str]], oldest: float
) -> int:
    """Promise anew what is not among the (case, ts) `seen` in the channel's history back to `oldest` (seconds); how many."""
    gone = [one for one in believed if float(one.ts) >= oldest and (show("cas", one.case_id), one.ts) not in seen]
    for one in gone:
        same = (CardPost.org_id == org_of(session)) & (CardPost.id == one.post_id) & (CardPost.ts == one.ts)
        session.execute(delete(CardPost).where(same))
    outbox.put_all(session, [Promise(Topic.CARD_SYNC, str(one.case_id), Lane.ACTIONS) for one in gone])
    if gone:
        log.get().info("cards.gone", count=len(gone))
    return len(gone)
