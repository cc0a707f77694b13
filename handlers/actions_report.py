"""Open in page, and Download CSV: merged into ACTIONS of `handlers.actions`."""

from sqlalchemy.orm import Session

from bot import report_link
from handlers.edge import Act, After, Click, OpenPage
from workflows import page_access
from workflows.roles import Verb, demand
from workflows.staff import Who


def open_report(session: Session, click: Click, who: Who) -> After:
    """The same figures on the signed-in page, by a link that is theirs and works once."""
    return _link(session, click, who, to="report", words="Open the report")


def download(session: Session, click: Click, who: Who) -> After:
    """The same figures as a table."""
    return _link(session, click, who, to="report.csv", words="Download the figures as CSV")


def _link(session: Session, click: Click, who: Who, *, to: str, words: str) -> After:
    demand(who.role, Verb.SEE_REPORT)
    wanted = report_link.of_value(click.value)
    token = page_access.make_link(session, who=who, case_id=None)
    return OpenPage(f"/open/{token}/{to}~{wanted.value}", words)


ACTIONS: dict[str, Act] = {report_link.OPEN: open_report, report_link.CSV: download}
