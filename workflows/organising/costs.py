"""What outreach costs, as an organisation file or an admin says it."""

from typing import Any

from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from workflows.kpis import prices
from workflows.organising import changes
from workflows.organising.changes import FILE, By

KEY = prices.KEY


def keep(session: Session, said: Any, *, by: By = FILE) -> None:
    """Keep the prices. Raises Misconfigured for what cannot be, Refused when somebody saved meanwhile."""
    organisation = changes.lock(session)
    prices.read(said)
    before = organisation.settings.get(KEY, {})
    changes.demand_unseen(session, by, area=KEY, about=None, before=before)
    changes.record(session, by, area=KEY, about="all", before=before, after=said)
    changes.put(organisation, KEY, said)


def shown(session: Session) -> dict[str, float]:
    """What is kept, as it was said; nothing said, nothing there."""
    found: dict[str, float] = changes.current(session).settings.get(KEY, {})
    return found


def typed(words: dict[str, str]) -> dict[str, float]:
    """Prices as people type them: "0.0083", "$32", "0,9". Refused naming the one that is no number."""
    said: dict[str, float] = {}
    for name, text in words.items():
        try:
            said[name] = float(text.strip().lstrip("$").replace(",", ".").strip())
        except ValueError as error:
            title = prices.TITLES[name].lower()
            raise Refused(f"“{text[:20]}” is no number ({title}). Write it like 0.0083. Nothing was saved.") from error
    return said


def refused(error: Misconfigured) -> Refused:
    """What a person is told when prices do not work."""
    return Refused(f"{error.what}. Nothing was saved.")
