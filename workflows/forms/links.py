"""The way to a form: a link with an unguessable token, for one patient, that works once and not for long.

Looking at a link changes nothing (phones and mail scanners fetch links before people do), and it shows nothing of the patient.
"""

import base64
import secrets
import string
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.crypto import token_hash
from core.errors import Misconfigured
from storage import ledger
from storage.db import now, org_of, origin_of
from storage.tables import Enrollment, FormLink, Patient
from workflows.forms import of_code

HEAD_LETTERS = 6
TOKEN_LETTERS = 22  # of 62: 131 bits. Letters and digits only, so that no phone cuts the link short
MOST_TRIES = 5
_ALPHABET = string.ascii_letters + string.digits


class LinkState(StrEnum):
    """What can be done with a link. `locked`: the year of birth was wrong five times."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    LOCKED = "locked"


def link(session: Session, enrollment: Enrollment, *, form: str, language: str, step: str | None = None) -> str:
    """A new address of this form for the enrollment's patient; only the token's hash is kept.

    Raises Misconfigured without such a form, without the address of this installation, or for a patient without a number.
    """
    wanted = of_code(form)
    if enrollment.number_id is None:
        raise Misconfigured("A form link needs a number to go to", fix="Look at the enrollment with `app.py why`.")
    token = head_of(org_of(session)) + "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_LETTERS))
    at = now(session)
    session.add(
        FormLink(
            org_id=org_of(session),
            token_hash=token_hash(token),
            form=wanted.form,
            version=wanted.version,
            patient_id=enrollment.patient_id,
            number_id=enrollment.number_id,
            enrollment_id=enrollment.id,
            step=step,
            language=language.split("-")[0].lower(),
            made_at=at,
            expires_at=at + timedelta(days=wanted.open_days),
        )
    )
    return f"{origin_of(session)}/f/{token}"


def head_of(org: UUID) -> str:
    """Which organisation a token claims to be of, in six letters; it proves nothing, and two may share it."""
    return base64.b32hexencode(org.bytes[-4:]).decode().lower()[:HEAD_LETTERS]


def find(session: Session, token: str) -> FormLink | None:
    """The link of this token in this organisation; None when it is nobody's."""
    if len(token) != HEAD_LETTERS + TOKEN_LETTERS or not (token.isascii() and token.isalnum()):
        return None
    hashed = token_hash(token)
    return session.scalar(select(FormLink).where(FormLink.org_id == org_of(session), FormLink.token_hash == hashed))


def state_of(session: Session, found: FormLink) -> LinkState:
    """Whether the link still works, and if not, why; changes nothing."""
    if found.used_at is not None:
        return LinkState.USED
    if found.tries >= MOST_TRIES:
        return LinkState.LOCKED
    return LinkState.OPEN if found.expires_at > now(session) else LinkState.EXPIRED


def right_year(session: Session, found: FormLink, said: str) -> bool:
    """Whether `said` is the patient's year of birth; a wrong one is counted, and after five the link is of no more use.

    One UPDATE counts, so tries at the same moment are counted each. A chart without a birth date never agrees.
    """
    born = session.scalar(
        select(Patient.birth_year).where(Patient.org_id == org_of(session), Patient.id == found.patient_id)
    )
    if born is not None and said.strip() == str(born):
        return True
    session.execute(
        update(FormLink)
        .where(FormLink.org_id == org_of(session), FormLink.id == found.id)
        .values(tries=FormLink.tries + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(found)
    if found.tries >= MOST_TRIES:
        line = ledger.Line("refused", "form.locked", found.enrollment_id, number=found.number_id)
        ledger.write(session, [line])
    return False


def spend(session: Session, found: FormLink) -> bool:
    """Use the link up, and with it the patient's other links to the same form of the same program; False when it was.

    One UPDATE, so of two answers at the same moment one comes in.
    """
    spent = session.scalar(
        update(FormLink)
        .where(
            FormLink.org_id == org_of(session),
            FormLink.id == found.id,
            FormLink.used_at.is_(None),
            FormLink.tries < MOST_TRIES,
            FormLink.expires_at > now(session),
        )
        .values(used_at=now(session))
        .returning(FormLink.id)
        .execution_options(synchronize_session=False)
    )
    if spent is None:
        return False
    session.execute(
        update(FormLink)
        .where(
            FormLink.org_id == org_of(session),
            FormLink.enrollment_id == found.enrollment_id,
            FormLink.form == found.form,
            FormLink.used_at.is_(None),
        )
        .values(used_at=now(session))
        .execution_options(synchronize_session=False)
    )
    session.refresh(found)
    return True
