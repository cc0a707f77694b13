"""The Home tab's acts: show a view, narrow it, turn a page, claim, open. Each draws the Home anew, from what is true then."""

from sqlalchemy.orm import Session

from bot import home, home_face
from bot.blocks import View
from bot.narrowing import ALL
from core import ids
from handlers import conversation
from handlers.edge import Act, After, Click, Home
from handlers.pages.words import KINDS
from workflows import cases, lenses
from workflows.desk import View as Shown
from workflows.kpis import gathering, words
from workflows.roles import TABLE, Verb
from workflows.staff import Who

MOST_PAGES = 10_000


def drawn(session: Session, who: Who, *, where: str = "") -> View:
    """The Home at `where` ("view:page", as it is kept in the view); the person's own cases where that cannot be read."""
    view, page = _where(where)
    return home.build(session, who, words=KINDS, view=view, page=page, glance=_glance(session, who))


def turn(session: Session, click: Click, who: Who) -> After:
    """A view's button, Next or Back: the value is "view:page"."""
    return Home(drawn(session, who, where=click.value))


def narrow(name: str) -> Act:
    """A filter's list: kept for the person, and the first page of what is left."""

    def pick(session: Session, click: Click, who: Who) -> After:
        lenses.narrow(session, who, **{name: "" if click.value == ALL else click.value})
        return Home(drawn(session, who, where=_begin(click)))

    pick.__name__ = f"narrow_{name}"
    return pick


def widen(session: Session, click: Click, who: Who) -> After:
    """Show all: no filter any more."""
    lenses.widen(session, who)
    return Home(drawn(session, who, where=_begin(click)))


def claim(session: Session, click: Click, who: Who) -> After:
    """S126 from the Home: one click."""
    cases.claim(session, ids.parse("cas", click.value), by=who)
    return Home(drawn(session, who, where=str(click.view.get("private_metadata", ""))))


def open_case(session: Session, click: Click, who: Who) -> After:
    """The conversation, or the page where Slack may not see patients."""
    return conversation.open_case(session, ids.parse("cas", click.value), who)


def _begin(click: Click) -> str:
    """The view that is shown, from its first page."""
    return f"{str(click.view.get('private_metadata', '')).partition(':')[0]}:0"


def _where(said: str) -> tuple[Shown, int]:
    view, _, page = said.partition(":")
    try:
        shown = Shown(view)
    except ValueError:
        return Shown.MINE, 0
    return shown, min(int(page), MOST_PAGES) if page.isascii() and page.isdecimal() and len(page) < 6 else 0


def _glance(session: Session, who: Who) -> str:
    """What managers read on top: what the digest says of all programs, in a line."""
    if Verb.SEE_KPIS not in TABLE[who.role]:
        return ""
    said = [f"{words.title(one)} {words.said(one)}" for one in gathering.glance(session) if one.denominator]
    return f"{'; '.join(said)}. `/kpi` says more." if said else "Nothing is old enough to count yet. `/kpi` says more."


ACTIONS: dict[str, Act] = {
    **dict.fromkeys(home_face.SHOW.values(), turn),
    home_face.OLDER: turn,
    home_face.NEWER: turn,
    home_face.SHOW_ALL: widen,
    **{action: narrow(name) for name, action in home_face.NARROW.items()},
    **dict.fromkeys(home_face.CLAIMS, claim),
    **dict.fromkeys(home_face.OPENS, open_case),
}
