"""Open on a card: the conversation in a window where Slack may see patients, the signed-in page where it may not (N2, S52, S63)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import handoff, sync
from bot.blocks import View
from bot.modals import conversation
from core import ids
from core.errors import Refused
from handlers.edge import After, Click, OpenPage, Show
from handlers.pages import moments, views, words
from storage.db import org_of
from storage.tables import Case
from workflows import case_verbs, casefile, cases, page_access, privacy
from workflows.case_verbs import CaseVerb
from workflows.staff import Who

MOST_LINKED = 5
FROM_HERE = ("claim", "reply", "reschedule", "call_now", "close")


def open_case(session: Session, case_id: UUID, who: Who) -> After:
    """The window, written to the audit as a view; at level none, and for a protected matter at any, a one-time link to the page."""
    case = cases.get(session, case_id)
    if privacy.level(session, case) == "none":
        token = page_access.make_link(session, who=who, case_id=case.id)
        return OpenPage(f"/open/{token}", f"Open case {case.number}")
    return Show(_window(session, case_id, who, page=0))


def turn(session: Session, click: Click, who: Who) -> After:
    """Older and Newer: the value is "page:cas_…". The level is asked again: it may have changed since the window was opened."""
    page, _, case_id = click.value.partition(":")
    if not page.isdecimal() or len(page) > 4:
        raise Refused("This window is out of date. Press Open on the card again.")
    case = cases.get(session, ids.parse("cas", case_id))
    if privacy.level(session, case) == "none":
        raise Refused("Slack may not show this patient any more. Press Open on the card for the page.")
    return Show(_window(session, case.id, who, page=int(page)))


def _window(session: Session, case_id: UUID, who: Who, *, page: int) -> View:
    file = casefile.load(session, case_id, who=who)
    at = moments.Moments(session)
    return conversation.build(
        conversation.Talk(
            case_id=ids.show("cas", file.case.id),
            number=file.case.number,
            who=sync.patient_line(session, file.case) or "",
            handoff=handoff.lines(session, file, task=words.kind(file.case.kind)),
            background=handoff.background(session, file),
            texts=[
                conversation.Text(
                    by="Patient" if said.inbound else said.by or views.sender(said),
                    at=at.near(said.at),
                    body=said.body,
                    fate=views.fate(said, at),
                    asks=said.asks,
                )
                for said in file.talk
            ],
            linked=_linked(session, file.case),
            verbs=_verbs(file.case, who),
            page=page,
        )
    )


def _verbs(case: Case, who: Who) -> list[CaseVerb]:
    """What may be done from the window: the acts ask again."""
    mine = case.owner_id == who.id or who.role == "manager"
    offered = case_verbs.offered(case_verbs.of(case, mine=mine))
    return [verb for verb in offered if verb.code in FROM_HERE]


def _linked(session: Session, case: Case) -> list[str]:
    """The patient's other open cases: number and task."""
    if case.patient_id is None:
        return []
    found = select(Case.number, Case.kind).where(
        Case.org_id == org_of(session), Case.patient_id == case.patient_id, Case.id != case.id, Case.state != "closed"
    )
    rows = session.execute(found.order_by(Case.due_at).limit(MOST_LINKED)).all()
    return [f"case {number} ({words.kind(kind)})" for number, kind in rows]


ACTIONS = {conversation.OLDER: turn, conversation.NEWER: turn}
