"""`/outreach phi none`: what Slack may see of patients."""

from sqlalchemy.orm import Session

from handlers.commands.outreach import MANAGE, Verb
from workflows import privacy
from workflows.roles import Verb as Right
from workflows.staff import Who


def answer(session: Session, rest: str, who: Who) -> str:
    """Set the level; open cards are drawn again."""
    privacy.set_level(session, rest, by=who)
    return f"Slack now sees: {rest}. Open cards are being redrawn."


VERB = Verb(
    "phi",
    "`/outreach phi none`, `initials` or `full`: what Slack may see of patients (admins).",
    answer,
    MANAGE,
    Right.SETTINGS,
)
