"""What the consent form does: merged into FORMS of `handlers.actions`."""

from sqlalchemy.orm import Session

from bot.modals import consent as form
from bot.modals import notice
from core import ids
from handlers.edge import Act, After, Click, Show
from storage import numbers
from storage.db import now
from workflows import cases, consent, staff
from workflows.staff import Who


def keep(session: Session, click: Click, who: Who) -> After:
    """T7: who, when, how, wording, scope and number of a consent that staff were given."""
    said = form.parse_submission(click.view)
    case = cases.get(session, ids.parse("cas", said.case_id))
    staff.demand_work(session, who, case)
    number = numbers.lock(session, consent.number_of(session, case))
    consent.record(
        session,
        number,
        who=said.who,
        given_at=now(session),
        how=said.how,
        wording=said.wording,
        scope=said.scope,
        by=who.actor,
    )
    return Show(notice.message("Consent", [f"Recorded for the number behind case {case.number}."]))


FORMS: dict[str, Act] = {form.CALLBACK: keep}
