"""What outreach costs."""

from sqlalchemy.orm import Session

from bot.blocks import View
from bot.modals import settings_prices as form
from core.errors import Misconfigured
from handlers.edge import After, Click, Replace
from handlers.settings.area import Area
from handlers.settings.listing import listing
from workflows.kpis import prices
from workflows.organising import changes, costs
from workflows.organising.changes import By
from workflows.roles import Verb, demand
from workflows.staff import Who

TITLE = "Prices"


def window(session: Session, _who: Who) -> View:
    """A field a price."""
    known = costs.shown(session)
    said = {name: f"{value:.10g}" for name, value in known.items()}
    return form.build(said, prices.TITLES, needed=prices.NEEDED, mark=changes.mark(known))


def save(session: Session, click: Click, who: Who) -> After:
    """The form's Save."""
    demand(who.role, Verb.SETTINGS)
    mark, words = form.parse_submission(click.view, prices.TITLES)
    try:
        costs.keep(session, costs.typed(words), by=By(who.actor, mark))
    except Misconfigured as error:
        raise costs.refused(error) from error
    return Replace(listing(session, who, said="Saved. Figures of money use these prices from now on."))


def _summary(session: Session) -> str:
    known = costs.shown(session)
    if not known:
        return "Not set: reports say nothing of money."
    return f"${known['segment_usd']:.4g} a segment, ${known['staff_hour_usd']:.4g} an hour of staff."


AREA = Area(code="prices", title=TITLE, stands=_summary, window=window, forms={form.CALLBACK: save})
