"""The way into the signed-in page: a one-time link bound to one person, then a session that ends by itself.

All times here are machine time: a demo that jumps a day must not sign anybody out, and one that stands still must not keep a link alive.
"""

import base64
import binascii
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core import clock
from core.crypto import token_hash
from core.errors import Refused
from core.ids import show
from storage import audit
from storage.db import new_id, org_of
from storage.tables import PageLink, PageSession
from workflows import staff
from workflows.staff import Who

LINK_FOR = timedelta(minutes=5)
IDLE_FOR = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
ORG_LETTERS = 26
TOKEN_LETTERS = 43  # 32 bytes, URL-safe base64 without padding
NEW_LINK = "Press Open on the case in Slack for a new one, or sign in with a code by text."


class SignedOut(Refused):
    """There is no live session behind this request; nothing was done."""


def make_link(session: Session, *, who: Who, case_id: UUID | None) -> str:
    """A token that opens the page once, as this person, within five minutes; only its hash is kept. Without a case: the worklist.

    Shape: `<organisation in base32hex>.<32 random bytes, URL-safe>`, so that whose it is can be told before anything is looked up.
    """
    made = token(session)
    link = PageLink(
        org_id=org_of(session),
        token_hash=token_hash(made),
        staff_id=who.id,
        case_id=case_id,
        expires_at=clock.machine() + LINK_FOR,
    )
    session.add(link)
    session.flush()
    return made


def org_of_token(token: str) -> UUID:
    """Whose token this claims to be; Refused when it has not the shape of one of ours. Proves nothing by itself."""
    head, dot, body = token.partition(".")
    if not dot or len(head) != ORG_LETTERS or len(body) != TOKEN_LETTERS:
        raise Refused(f"This link is not complete, or not one of ours. {NEW_LINK}")
    try:
        return UUID(bytes=base64.b32hexdecode(head.upper() + "======"))
    except (binascii.Error, ValueError) as error:
        raise Refused(f"This link is not complete, or not one of ours. {NEW_LINK}") from error


def look_at_link(session: Session, token: str) -> None:
    """Refused when the link cannot be used any more; changes nothing, since previewers follow links too."""
    _refuse_dead(session, token)


def use_link(session: Session, token: str) -> tuple[Who, UUID | None, str]:
    """Spend the link and begin a session: who it is for, the case it opens, the session's token. Refused when it was used or is too old.

    One UPDATE, so of two clicks at the same moment one gets in.
    """
    at = clock.machine()
    spent = session.execute(
        update(PageLink)
        .where(
            PageLink.org_id == org_of(session),
            PageLink.token_hash == token_hash(token),
            PageLink.used_at.is_(None),
            PageLink.expires_at > at,
        )
        .values(used_at=at)
        .returning(PageLink.staff_id, PageLink.case_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if spent is None:
        _refuse_dead(session, token)
        raise Refused(f"This link was used already. {NEW_LINK}")
    who = staff.of_id(session, spent.staff_id)
    return who, spent.case_id, begin(session, who, way="link")


def begin(session: Session, who: Who, *, way: str) -> str:
    """A session for somebody who has shown who they are, by `way` link or code; its secret, of which only the hash is kept."""
    _forget_old(session, who)
    secret = token(session)
    session.add(
        PageSession(
            org_id=org_of(session),
            id=new_id(session),
            token_hash=token_hash(secret),
            staff_id=who.id,
            expires_at=clock.machine() + IDLE_FOR,
        )
    )
    session.flush()
    audit.record(session, "page.signed_in", actor=who.actor, subject=("staff", show("stf", who.id)), way=way)
    return secret


def session_who(session: Session, token: str) -> Who:
    """The person signed in, with role and teams as they are now; SignedOut after 30 idle minutes or 8 hours, or for a stranger.

    A session's age is in its id (a UUIDv7 is dated by the machine's clock), so no request can stretch it past the eight hours.
    """
    at = clock.machine()
    begun = func.uuid_extract_timestamp(PageSession.id)
    staff_id = session.scalar(
        update(PageSession)
        .where(
            PageSession.org_id == org_of(session),
            PageSession.token_hash == token_hash(token),
            PageSession.expires_at > at,
            begun > at - LONGEST,
        )
        .values(expires_at=func.least(at + IDLE_FOR, begun + LONGEST))
        .returning(PageSession.staff_id)
        .execution_options(synchronize_session=False)
    )
    if staff_id is None:
        raise SignedOut(f"You are signed out: a page is open for 30 minutes without use, 8 hours at most. {NEW_LINK}")
    return staff.of_id(session, staff_id)


def sign_out(session: Session, token: str) -> None:
    """End this session at once; ending one that is over changes nothing."""
    staff_id = session.scalar(
        delete(PageSession)
        .where(PageSession.org_id == org_of(session), PageSession.token_hash == token_hash(token))
        .returning(PageSession.staff_id)
        .execution_options(synchronize_session=False)
    )
    if staff_id is not None:
        audit.record(session, "page.signed_out", actor=f"staff:{staff_id}", subject=("staff", show("stf", staff_id)))


def token(session: Session) -> str:
    """A secret that tells whose it is: see `make_link`."""
    org = base64.b32hexencode(org_of(session).bytes).decode().rstrip("=").lower()
    return f"{org}.{secrets.token_urlsafe(32)}"


def _refuse_dead(session: Session, token: str) -> None:
    link = session.execute(
        select(PageLink.used_at, PageLink.expires_at).where(
            PageLink.org_id == org_of(session), PageLink.token_hash == token_hash(token)
        )
    ).one_or_none()
    if link is None:
        raise Refused(f"This link is not complete, or not one of ours. {NEW_LINK}")
    if link.used_at is not None:
        raise Refused(f"This link was used already. {NEW_LINK}")
    if link.expires_at <= clock.machine():
        raise Refused(f"This link is older than 5 minutes. {NEW_LINK}")


def _forget_old(session: Session, who: Who) -> None:
    """This person's dead links and sessions are of no use to anybody."""
    at = clock.machine()
    for table in (PageLink, PageSession):
        session.execute(
            delete(table)
            .where(table.org_id == org_of(session), table.staff_id == who.id, table.expires_at < at - timedelta(days=1))
            .execution_options(synchronize_session=False)
        )
