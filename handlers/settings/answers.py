"""The approved answers: which are given, in which words, until when."""

from datetime import date

from sqlalchemy.orm import Session

from bot.blocks import View, escape
from bot.modals import settings as list_form
from bot.modals import settings_answer as form
from bot.modals.settings import Line
from core.errors import Refused
from handlers.edge import After, Click, Replace, Show
from handlers.settings.area import Area
from workflows.organising import answers, changes, words
from workflows.organising.answers import Answer
from workflows.organising.changes import By
from workflows.roles import Verb, demand
from workflows.staff import Who

TITLE = "Approved answers"
EDIT = "settings.answer.edit"
MOST = list_form.MOST_LINES
WHY_NOT = {"off": "A colleague answers.", "expired": ":warning: Expired: a colleague answers until you renew it."}


def window(session: Session, _who: Who | None = None, *, said: str = "") -> View:
    """A line an answer, with why it is not given where it is not."""
    found = answers.every(session)[:MOST]
    lines = [Line(one.entry.title, _stands(one), f"{EDIT}.{n}", one.key) for n, one in enumerate(found)]
    return list_form.page(TITLE, lines, said=said, back=list_form.OPEN)


def edit(session: Session, click: Click, who: Who) -> After:
    """A line's button: the form."""
    demand(who.role, Verb.SETTINGS)
    found = answers.of_key(session, click.value)
    entry = found.entry
    shown = form.Answer(
        found.key, entry.title, entry.texts, entry.expires_on.isoformat(), found.given != "off",
        "; ".join(entry.examples[:3]), f"Approved by {entry.approved_by}." if entry.approved_by else "Approved by nobody yet.",
    )  # fmt: skip
    return Show(form.build(shown, mark=changes.mark(answers.shown(found))))


def save(session: Session, click: Click, who: Who) -> After:
    """The form's Save: approved in the admin's name, or not given any more."""
    demand(who.role, Verb.SETTINGS)
    demand(who.role, Verb.APPROVE_WORDING)
    wished = form.parse_submission(click.view)
    by = By(who.actor, wished.mark)
    if not wished.give:
        answers.stop(session, wished.key, by=by)
        return Replace(window(session, said="It is not given any more: a colleague answers who asks."))
    texts = {code: text for code, text in wished.texts.items() if text}
    if not texts or wished.until is None:
        raise Refused("Write the answer and pick until when it is given. Nothing was saved.")
    answers.approve(session, wished.key, texts, until=date.fromisoformat(wished.until), name=who.name, by=by)
    return Replace(window(session, said=f"Approved in your name and given until {wished.until}."))


def _stands(one: Answer) -> str:
    if one.given == "facts":
        missing = ", ".join(words.FACTS[name].lower() for name in one.wants)
        return f":warning: Waits for words under Wording: {escape(missing)}. A colleague answers."
    by = (
        f" · approved by {escape(one.entry.approved_by)}" if one.entry.approved_by else " · a draft, approved by nobody"
    )
    return WHY_NOT.get(one.given) or f"Given until {one.entry.expires_on}{by}"


def _summary(session: Session) -> str:
    found = answers.every(session)
    given = sum(not one.given for one in found)
    return f"{given} of {len(found)} are given to patients who ask."


AREA = Area(
    code="answers",
    title=TITLE,
    stands=_summary,
    window=window,
    actions={f"{EDIT}.{n}": edit for n in range(MOST)},
    forms={form.CALLBACK: save},
)
