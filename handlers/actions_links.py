"""Link and merge: merged into ACTIONS and MORE of `handlers.actions`."""

from uuid import UUID

from sqlalchemy.orm import Session

from bot.modals import link as form
from bot.modals import notice
from core import ids
from core.errors import Refused
from handlers.edge import Act, After, Click, Show
from handlers.pages import words
from storage.tables import Case
from workflows import case_links, cases
from workflows.staff import Who


def choose(session: Session, case_id: UUID, who: Who) -> After:
    """The patient's other open cases, each with its two buttons."""
    case = cases.owned(session, case_id, by=who)
    others = [form.Other(ids.show("cas", one.id), one.number, _words(one)) for one in case_links.others(session, case)]
    return Show(form.build(ids.show("cas", case.id), case.number, others))


def link(session: Session, click: Click, who: Who) -> After:
    """Both stay."""
    case, other = case_links.link(session, *_two(click.value), by=who)
    return Show(notice.message("Linked", [f"Cases {case.number} and {other.number} show each other's number now."]))


def merge(session: Session, click: Click, who: Who) -> After:
    """One goes on."""
    case, other = case_links.merge(session, *_two(click.value), by=who)
    return Show(notice.message("Merged", [f"Case {other.number} is closed: case {case.number} goes on for both."]))


def _two(value: str) -> tuple[UUID, UUID]:
    case, _, other = value.partition(":")
    if not other:
        raise Refused("That window is out of date. Nothing was changed.")
    return ids.parse("cas", case), ids.parse("cas", other)


def _words(case: Case) -> str:
    return f"{words.kind(case.kind)} · {words.CASE_STATES.get(case.state, case.state)}"


MORE = {"link": choose}
ACTIONS: dict[str, Act] = {**dict.fromkeys(form.LINKS, link), **dict.fromkeys(form.MERGES, merge)}
