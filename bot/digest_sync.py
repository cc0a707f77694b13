"""A promised digest drawn from what is true when it leaves: late or tried again, it says what is so then."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from bot import digest as face
from bot.blocks import Message
from bot.report_link import Wanted
from core.ids import show
from workflows import local_days, weekly
from workflows.kpis import gathering
from workflows.kpis.digests import Digest
from workflows.weekly import Post


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """What to post where; `name` tells its posts apart from others."""

    post: Post
    name: str
    digest: Digest
    message: Message
    thread: Sequence[Message]


def plan(session: Session, post_id: UUID) -> DigestPlan | None:
    """Read and draw it; None when it is promised no more. Figures by team and person go to managers alone."""
    post = weekly.begin(session, post_id)
    if post is None:
        return None
    found = gathered(session, post)
    name = show("dig", post_id)
    about = Wanted(period=f"{found.period.first}..{found.period.last}").value
    message = face.build(found, zone=local_days.zone(session), subject=about)
    return DigestPlan(post, name, found, message, face.thread(found))


def gathered(session: Session, post: Post, *, pictured: bool = False) -> Digest:
    """What the digest says, as it is true now."""
    asked = gathering.Wanted(owners=post.receiver == weekly.MANAGERS, pictured=pictured)
    return gathering.digest(session, asked)
