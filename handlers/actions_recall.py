"""What the forms of `/recall csv` do: a list handed over, and the way on to a campaign."""

from sqlalchemy.orm import Session

from bot.files import TOO_LARGE
from bot.gateway import Gateway
from bot.modals import campaign as campaign_form
from bot.modals import recall_list as form
from bot.modals.frame import subject_of
from core import ids
from core.errors import Permanent, Refused
from core.ids import show
from handlers.edge import Act, After, Click, Load, Replace
from workflows import cohorts, privacy
from workflows.campaigns import drafts
from workflows.cohorts import csv_files, uploads
from workflows.roles import Verb, demand
from workflows.staff import Who

NOT_IN_SLACK = (
    "A list names patients, and here Slack may not see names. Nothing was read. Take the file out of Slack and hand it over on "
    "Careloop's page: `/recall csv`."
)


def read_list(session: Session, click: Click, who: Who) -> After:
    """The form's Read the list: fetched from Slack after the answer, read in one transaction, told by line numbers."""
    demand(who.role, Verb.LAUNCH)
    if not privacy.names_in_slack(session):
        raise Refused(NOT_IN_SLACK)
    source, file_id = form.parse_submission(click.view)

    def fetch(slack: Gateway) -> bytes:
        try:
            return slack.file_bytes(file_id, most=csv_files.MOST_BYTES)
        except Permanent as error:
            if error.code != TOO_LARGE:
                raise
            raise Refused(
                f"The file is larger than {csv_files.MOST_BYTES // 1_000_000} MB. Split it. Nothing was imported."
            ) from error

    def make(later: Session, again: Who, raw: bytes) -> dict[str, object]:
        demand(again.role, Verb.LAUNCH)
        asked = uploads.Asked(raw, source=source, title=f"List from {source}", by=again.actor)
        found = cohorts.from_csv(later, asked)
        return form.answer(show("coh", found.cohort_id), found.counts, found.rejected, again=found.again)

    return Load("Read the list", make, fetch)


def go_on(session: Session, click: Click, who: Who) -> After:
    """The answer's Start a campaign: the form, with the list picked."""
    demand(who.role, Verb.LAUNCH)
    cohort = cohorts.get(session, ids.parse("coh", subject_of(click.view, form.GO_ON)))
    programs = [(row.code, row.title) for row, _ in drafts.all_launchable(session)]
    if not programs:
        raise Refused(
            "There is no published program that a cohort can start. An operator publishes one: `app.py program`."
        )
    known = [(one.code, one.title) for one in cohorts.every(session)]
    return Replace(campaign_form.draft(cohorts=known, programs=programs, cohort=cohort.code))


FORMS: dict[str, Act] = {form.CALLBACK: read_list, form.GO_ON: go_on}
