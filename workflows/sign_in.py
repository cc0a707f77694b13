"""The way in without Slack: an e-mail, then a code by text to the phone on file. Nobody learns whether an e-mail is known here.

All times are machine time. A code is good for five minutes, five tries and one sign-in, and only in the browser that asked for it.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core import clock
from core.crypto import token_hash
from core.errors import Refused
from core.ids import show
from storage import audit, outbox
from storage.db import new_id, org_of, vault
from storage.outbox import Lane, Topic
from storage.tables import SignInCode, Staff
from workflows import page_access, paging, staff, surroundings

CODE_FOR = timedelta(minutes=5)
TRIES = 5
MOST = 5  # codes to one person …
WITHIN = timedelta(minutes=15)  # … in this time; more are not sent, and nobody is told so
MOST_ALL = 60  # codes of the whole organisation in the same time
KEPT_FOR = timedelta(days=1)
LONGEST_EMAIL = 254
WRONG = "That code does not fit, or it is too old. Look at the newest text; after five tries, or five minutes, ask for a new code."


@dataclass(frozen=True, slots=True)
class CodeText:
    """What goes to a phone."""

    to: str = field(repr=False)
    body: str = field(repr=False)


def ask(session: Session, email: str) -> str | None:
    """Promise a code to the phone of whoever has this e-mail here; the secret that its form must carry. None: there is nothing to send.

    The caller answers alike in both cases.
    """
    person = session.scalar(
        select(Staff.id).where(
            Staff.org_id == org_of(session), Staff.active, Staff.phone.is_not(None),
            func.lower(Staff.email) == email.replace("\0", "").strip().lower()[:LONGEST_EMAIL],
        )
    )  # fmt: skip
    if person is None or _too_many(session, person):
        return None
    token, row, at = page_access.token(session), new_id(session), clock.machine()
    mine = (SignInCode.org_id == org_of(session)) & (SignInCode.staff_id == person)
    session.execute(delete(SignInCode).where(mine, SignInCode.expires_at < at - KEPT_FOR))
    session.execute(
        update(SignInCode).where(mine, SignInCode.used_at.is_(None)).values(code=None)
    )  # the newest alone is good
    code = vault(session).seal(f"{secrets.randbelow(10**6):06}", "sign_in_codes.code", row)
    values = {"token_hash": token_hash(token), "code": code, "expires_at": at + CODE_FOR}
    session.add(SignInCode(org_id=org_of(session), id=row, staff_id=person, **values))
    session.flush()
    outbox.put(session, Topic.SIGN_IN_CODE, row, lane=Lane.SAFETY)
    audit.record(session, "page.code_asked", actor="page", subject=("staff", show("stf", person)))
    return token


def to_text(session: Session, row_id: UUID) -> CodeText | None:
    """The text with the code; None when it is of no use any more."""
    row = session.scalars(select(SignInCode).where(SignInCode.org_id == org_of(session), SignInCode.id == row_id)).one()
    to = paging.phone_of(session, row.staff_id)
    if row.code is None or row.used_at is not None or row.expires_at <= clock.machine() or to is None:
        return None
    code, brand = (
        vault(session).open(row.code, "sign_in_codes.code", row.id),
        surroundings.organisation_of(session).brand,
    )
    return CodeText(to, f"{brand}: {code} is your sign-in code, good for 5 minutes. We never ask you for it by phone.")


def enter(session: Session, token: str, code: str) -> str | None:
    """Begin a session for the right code, once; its secret. None for any other: the try is counted, so the caller must commit."""
    row = session.execute(
        update(SignInCode)
        .where(
            SignInCode.org_id == org_of(session), SignInCode.token_hash == token_hash(token), SignInCode.used_at.is_(None),
            SignInCode.expires_at > clock.machine(), SignInCode.tries < TRIES, SignInCode.code.is_not(None),
        )
        .values(tries=SignInCode.tries + 1)
        .returning(SignInCode.id, SignInCode.staff_id, SignInCode.code)
        .execution_options(synchronize_session=False)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    right = vault(session).open(row.code, "sign_in_codes.code", row.id)
    typed = "".join(letter for letter in code if letter.isascii() and letter.isdigit())
    if not hmac.compare_digest(right.encode(), typed.encode()):
        audit.record(session, "page.code_refused", actor="page", subject=("staff", show("stf", row.staff_id)))
        return None
    spent = update(SignInCode).where(
        SignInCode.org_id == org_of(session), SignInCode.id == row.id, SignInCode.used_at.is_(None)
    )
    used = spent.values(used_at=clock.machine(), code=None).returning(SignInCode.id)
    if session.scalar(used.execution_options(synchronize_session=False)) is None:
        return None
    try:
        who = staff.of_id(session, row.staff_id)
    except Refused:  # left the list meanwhile: not told apart from a wrong code
        return None
    return page_access.begin(session, who, way="code")


def _too_many(session: Session, person: UUID) -> bool:
    since = clock.machine() + CODE_FOR - WITHIN
    lately = select(func.count(), func.count().filter(SignInCode.staff_id == person)).where(
        SignInCode.org_id == org_of(session), SignInCode.expires_at > since
    )
    everybody, mine = session.execute(lately).one()
    return bool(mine >= MOST or everybody >= MOST_ALL)
