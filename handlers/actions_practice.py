"""*Practise*: a case to learn on, from the Home, and its made-up times."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.blocks import View
from bot.modals import notice
from bot.modals import reschedule as form
from core.ids import show
from handlers.edge import Act, After, Click, Show, Whisper
from storage.db import now
from storage.tables import Case
from workflows import cases, practice, surroundings
from workflows.staff import Who

SAID = (
    "Case {number} is there to practise on. It stands in your team's channel and under Unclaimed here: claim it, pick a new time, "
    "close it. No patient, no text, no record; nobody waits for it."
)


def ask(session: Session, _click: Click, who: Who) -> After:
    """The Home's button: opens one, or points to the one that is open."""
    case = practice.open_for(session, who)
    return Show(notice.message("Practise", [SAID.format(number=case.number)]))


def is_practice(session: Session, case_id: UUID) -> bool:
    """Whether a booking is only played."""
    return cases.get(session, case_id).kind == practice.KIND


def pick(session: Session, case_id: UUID, who: Who) -> View:
    """The form of a real case with times that are made up."""
    case, times = practice.times(session, case_id, by=who)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    asking = form.Asking(show("cas", case.id), case.number, case.asked, now(session), zone, practice=True)
    made_up = [form.SlotChoice(f"practice-{n}", begin, end, "Made up") for n, (begin, end) in enumerate(times)]
    return form.build(asking, made_up)


def book(session: Session, case_id: UUID, who: Who) -> After:
    """The form's Book: what would follow is said."""
    done: Case = practice.book(session, case_id, by=who)
    return Whisper(
        f"That is all: case {done.number} is closed as practised. With a patient the EHR would be asked to book now, and the "
        "confirmation text would leave once the EHR has it."
    )


ACTIONS: dict[str, Act] = {"practice.ask": ask}
