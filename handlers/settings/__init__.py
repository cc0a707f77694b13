"""Settings in Slack, for admins: one file an area. A new one is a file with its AREA, and a line in `_ALL`."""

from sqlalchemy.orm import Session

from bot.modals import settings as form
from handlers.edge import Act, After, Click, Show
from handlers.settings import answers, digest, first_day, hours, people, prices, privacy, routing, slack, teams, words
from handlers.settings.listing import AREAS, listing
from workflows.staff import Who

_ALL = (
    first_day.AREA, teams.AREA, people.AREA, hours.AREA, routing.AREA, privacy.AREA, slack.AREA, words.AREA, answers.AREA, prices.AREA,
    digest.AREA,
)  # fmt: skip
AREAS[:] = _ALL


def show(session: Session, _click: Click, who: Who) -> After:
    """The Home's button, and Back."""
    return Show(listing(session, who))


ACTIONS: dict[str, Act] = {
    form.OPEN: show,
    **{area.action: area.open for area in _ALL},
    **{name: act for area in _ALL for name, act in area.actions.items()},
}
FORMS: dict[str, Act] = {name: act for area in _ALL for name, act in area.forms.items()}
