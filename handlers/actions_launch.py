"""What buttons and forms of pilots, staff starts and contact attempts do: merged into ACTIONS and FORMS of `handlers.actions`."""

from uuid import UUID

from sqlalchemy.orm import Session

from bot.modals import close as close_form
from bot.modals import log_call as log_form
from bot.modals import notice
from bot.modals import start as start_form
from core import ids
from core.errors import Refused
from core.ids import show
from handlers.edge import Act, After, Click, Show
from workflows import cases, closing, pilot, pilot_reviews, privacy, staff, staff_start, tcm
from workflows.staff import Who


def pass_run(session: Session, click: Click, who: Who) -> After:
    """N7: one click, one verdict."""
    case = cases.claim(session, ids.parse("cas", click.value), by=who)
    closing.close(session, case.id, pilot.PASSED, by=who)
    return None


def fail_run(session: Session, click: Click, who: Who) -> After:
    """What was wrong with the run? From a list, so that it can be counted."""
    case = cases.claim(session, ids.parse("cas", click.value), by=who)
    offered = [(code, words) for code, words in pilot_reviews.VERDICTS.items() if code != pilot.PASSED]
    notes = privacy.level(session, case) != "none"
    return Show(close_form.build(click.value, case.number, dispositions=offered, note_allowed=notes))


def log_call(session: Session, case_id: UUID, who: Who) -> After:
    """N18: opens the form; whoever logs a call has the case."""
    case = cases.get(session, case_id)
    staff.demand_work(session, who, case)
    standing = tcm.words_of(session, case)
    if standing is None:
        raise Refused(
            f"Case {case.number} is not about a discharge, so there is no contact clock. Nothing was changed."
        )
    return Show(
        log_form.build(show("cas", case_id), case.number, standing=standing, methods=tcm.METHODS, results=tcm.RESULTS)
    )


def keep_call(session: Session, click: Click, who: Who) -> After:
    """The form's Log it; the card shows the count."""
    said = log_form.parse_submission(click.view)
    case_id = ids.parse("cas", said.case_id)
    if cases.get(session, case_id).owner_id is None:
        cases.claim(session, case_id, by=who)
    case = cases.owned(session, case_id, by=who)
    tcm.log_call(session, case, method=said.method, result=said.result, by=who)
    return None


def start(session: Session, click: Click, who: Who) -> After:
    """S15: the form's Start."""
    said = start_form.parse_submission(click.view)
    done = staff_start.start(
        session, said.program, said.patient, reason=said.reason, population=said.population, by=who
    )
    return Show(notice.message("Start a program", [done]))


ACTIONS: dict[str, Act] = {"pilot.pass": pass_run, "pilot.fail": fail_run}
FORMS: dict[str, Act] = {log_form.CALLBACK: keep_call, start_form.CALLBACK: start}
