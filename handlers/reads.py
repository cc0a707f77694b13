"""Who read which figures: written down for page, pictures, files and `/kpi` alike."""

from sqlalchemy.orm import Session

from bot.report_link import Wanted
from core.ids import show
from storage import audit
from storage.db import org_of
from workflows.staff import Who

VIEWED, DOWNLOADED = "report.viewed", "report.downloaded"


def written_down(session: Session, who: Who, wanted: Wanted, *, action: str = VIEWED, **how: str) -> None:
    """With the codes asked for; `how`: in which form."""
    codes = {"program": wanted.program or None, "period": wanted.period, "by": wanted.by or None}
    subject = ("organisation", show("org", org_of(session)))
    audit.record(session, action, actor=who.actor, subject=subject, **codes, **how)
