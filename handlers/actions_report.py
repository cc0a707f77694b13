"""Open in page: merged into ACTIONS of `handlers.actions`."""

from sqlalchemy.orm import Session

from bot import report_link
from handlers.edge import Act, After, Click, OpenPage
from workflows import page_access
from workflows.roles import Verb, demand
from workflows.staff import Who


def open_report(session: Session, click: Click, who: Who) -> After:
    """The same figures on the signed-in page, by a link that is theirs and works once."""
    demand(who.role, Verb.SEE_REPORT)
    wanted = report_link.of_value(click.value)
    token = page_access.make_link(session, who=who, case_id=None)
    return OpenPage(f"/open/{token}/report~{wanted.value}", "Open the report")


ACTIONS: dict[str, Act] = {report_link.OPEN: open_report}
