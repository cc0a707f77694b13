"""What the threads of cards repeat of patients' words, and how it is taken away again."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import outbox
from storage.db import org_of
from storage.outbox import Lane, Topic
from storage.tables import ThreadPost


def clear(session: Session, case_id: UUID) -> None:
    """Promise to take away what the bot repeated in the thread of a case; nothing where it repeated nothing."""
    shown = select(ThreadPost.id).where(
        ThreadPost.org_id == org_of(session),
        ThreadPost.case_id == case_id,
        ThreadPost.holds_body,
        ThreadPost.removed_at.is_(None),
    )
    if session.scalar(shown.limit(1)) is not None:
        outbox.put(session, Topic.THREAD_CLEAR, case_id, lane=Lane.ACTIONS)
