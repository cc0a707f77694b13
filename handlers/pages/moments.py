"""Times of one organisation in the words of the page."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import times
from storage.db import now
from workflows import surroundings


class Moments:
    """Times of one organisation as people say them, as of this transaction."""

    def __init__(self, session: Session) -> None:
        organisation = surroundings.organisation_of(session)
        self.clinic = organisation.name
        self.zone = ZoneInfo(organisation.zone)
        self.now = now(session)

    def near(self, at: object) -> str:
        """The clock alone today, with the day otherwise; empty for none."""
        return times.moment_near(at, self.zone, now=self.now) if at else ""  # type: ignore[arg-type]
