"""The list of all areas, which each of them goes back to."""

from sqlalchemy.orm import Session

from bot.blocks import View
from bot.modals import settings as form
from handlers.settings.area import Area
from workflows.roles import Verb, demand
from workflows.staff import Who

AREAS: list[Area] = []
"""In the order of the list; the package fills it."""


def listing(session: Session, who: Who, *, said: str = "") -> View:
    """A line an area as it stands now, for an admin."""
    demand(who.role, Verb.SETTINGS)
    lines = [form.Line(area.title, area.stands(session), area.action, label=area.label) for area in AREAS]
    return form.page(
        form.TITLE, lines, said=said, below="Every change is kept on the audit: who, what, before and after."
    )
