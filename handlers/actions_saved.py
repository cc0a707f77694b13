"""The list of saved replies, handing one in and approving it: merged into ACTIONS and FORMS of `handlers.actions`."""

from sqlalchemy.orm import Session

from bot.blocks import View
from bot.modals import saved_replies as form
from core import ids
from handlers.edge import Act, After, Click, Replace, Show
from storage.tables import SavedReply
from workflows import saved_replies, segments, staff
from workflows.programs.text_checks import worst_case
from workflows.roles import TABLE, Verb, demand
from workflows.staff import Who


def shown(session: Session, who: Who, *, page: int = 1, said: str = "") -> View:
    """All of them, for whoever may read cases; buttons for whoever may use them."""
    demand(who.role, Verb.READ_CASE)
    entries = [_entry(session, row, who) for row in saved_replies.standing(session)]
    return form.listed(entries, page=page, proposes=Verb.EDIT_WORDING in TABLE[who.role], said=said)


def open_list(session: Session, _click: Click, who: Who) -> After:
    """A button's way to the list."""
    return Show(shown(session, who))


def turn(session: Session, click: Click, who: Who) -> After:
    """Another page of it."""
    return Show(shown(session, who, page=int(click.value) if click.value.isdecimal() else 1))


def propose(_session: Session, _click: Click, who: Who) -> After:
    """The form."""
    demand(who.role, Verb.EDIT_WORDING)
    return Show(form.form())


def hand_in(session: Session, click: Click, who: Who) -> After:
    """The form's Hand in."""
    given = form.parse_submission(click.view)
    row = saved_replies.propose(session, given.title, given.texts, by=who)
    return Replace(shown(session, who, said=f"“{row.title}” waits for a second person's approval."))


def approve(session: Session, click: Click, who: Who) -> After:
    """Offered from now on."""
    row = saved_replies.approve(session, ids.parse("svr", click.value), by=who)
    return Show(shown(session, who, said=f"“{row.title}” is offered in Reply from now on."))


def withdraw(session: Session, click: Click, who: Who) -> After:
    """Offered no more."""
    row = saved_replies.withdraw(session, ids.parse("svr", click.value), by=who)
    return Show(shown(session, who, said=f"“{row.title}” is withdrawn."))


def _entry(session: Session, row: SavedReply, who: Who) -> form.Entry:
    waits, mine = row.state == saved_replies.PROPOSED, row.proposed_by_id == who.id
    may = Verb.APPROVE_WORDING in TABLE[who.role]
    known = row.proposed_by_id if waits else row.decided_by_id
    by = staff.name(session, known) if known else row.approved_by or ("comes with Careloop" if waits else "")
    return form.Entry(
        id=ids.show("svr", row.id),
        title=row.title,
        texts={language: (text, _size(text, language)) for language, text in sorted(row.texts.items())},
        waits=waits,
        by=by,
        approve=waits and may and not mine,
        withdraw=may or mine,
    )


def _size(text: str, language: str) -> int:
    return segments.count(worst_case(text, language)).segments


ACTIONS: dict[str, Act] = {
    "replies.list": open_list,
    form.PROPOSE: propose,
    form.APPROVE: approve,
    form.WITHDRAW: withdraw,
    f"{form.PAGE}.back": turn,
    f"{form.PAGE}.next": turn,
}
FORMS: dict[str, Act] = {form.CALLBACK: hand_in}
