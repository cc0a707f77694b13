"""What Slack may see of patients."""

from sqlalchemy.orm import Session

from bot.blocks import View
from bot.modals import settings_privacy as form
from handlers.edge import After, Click, Replace
from handlers.settings.area import Area
from handlers.settings.listing import listing
from workflows import privacy, surroundings
from workflows.roles import Verb, demand
from workflows.staff import Who

TITLE = "What Slack may see"


def window(session: Session, _who: Who) -> View:
    """The three levels."""
    return form.build(surroundings.organisation_of(session).phi_level)


def save(session: Session, click: Click, who: Who) -> After:
    """Less is done at once; for more the second press is asked for."""
    demand(who.role, Verb.SETTINGS)
    level, seen = form.parse_submission(click.view)
    if privacy.LEVELS.index(level) > privacy.LEVELS.index(seen):
        attested = bool(surroundings.organisation_of(session).settings.get(privacy.BAA))
        return Replace(form.ask(level, seen=seen, attested=attested))
    privacy.set_level(session, level, by=who, seen=seen)
    return Replace(listing(session, who, said=_said(level)))


def show_more(session: Session, click: Click, who: Who) -> After:
    """The second press."""
    level, seen, attested = form.parse_raise(click.view)
    privacy.set_level(session, level, by=who, seen=seen, attested=attested)
    return Replace(listing(session, who, said=_said(level)))


def _said(level: str) -> str:
    return f"Slack sees of patients: {form.LEVELS[level][0].lower()}. Open cards are being drawn anew."


def _summary(session: Session) -> str:
    name, says = form.LEVELS[surroundings.organisation_of(session).phi_level]
    return f"{name}. {says}"


AREA = Area(
    code="privacy",
    title=TITLE,
    stands=_summary,
    window=window,
    forms={form.CALLBACK: save, form.RAISE: show_more},
)
