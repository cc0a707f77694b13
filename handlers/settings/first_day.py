"""The first day's checklist: a line a step, and what its button does."""

from sqlalchemy.orm import Session

from bot.blocks import View
from bot.modals import first_day as form
from bot.modals import notice, recall_list
from core.errors import Refused
from handlers import actions_practice
from handlers.edge import After, Click, OpenPage, Replace, Show
from handlers.settings import hours, people, teams
from handlers.settings.area import Area
from storage.db import org_of
from storage.tables import Staff
from workflows import first_day, launch_plan, page_access, paging, privacy, try_text
from workflows.campaigns import drafts
from workflows.roles import TABLE, Role, Verb, demand
from workflows.staff import Who

NOT_YOURS = "Admins and managers see how far the setting up is. Nothing was changed."


def window(session: Session, who: Who, *, said: str = "") -> View:
    """All steps as they stand now; the first time all are green is remembered."""
    if not first_day.may_see(who):
        raise Refused(NOT_YOURS)
    found = first_day.steps(session)
    first_day.note(session, found)
    return form.build([form.Step(one.code, one.title, one.done, one.words) for one in found], said=said)


def show(session: Session, _click: Click, who: Who) -> After:
    """The button on the Home."""
    return Show(window(session, who))


def go(session: Session, click: Click, who: Who) -> After:
    """A line's button."""
    if not first_day.may_see(who):
        raise Refused(NOT_YOURS)
    code = click.value
    if code in ("teams", "channels", "people", "hours"):
        demand(who.role, Verb.SETTINGS)
        area = {"people": people, "hours": hours}.get(code, teams)
        return Show(area.window(session, who))
    if code == "text":
        known = paging.phone_of(session, who.id)
        return Show(form.ask_phone(known=known[-4:] if known else ""))
    if code == "list":
        return _list(session, who)
    if code == "plan":
        return _programs(session)
    return actions_practice.ask(session, click, who)


def text_me(session: Session, click: Click, who: Who) -> After:
    """The form's Text me."""
    try_text.send(session, form.parse_phone(click.view), by=who)
    return Replace(window(session, who, said="The text is on its way to your phone. Open this again once it is there."))


def read_plan(session: Session, click: Click, who: Who) -> After:
    """The form's Read the plan."""
    code, population = form.parse_plan(click.view)
    return Replace(
        form.plan(
            launch_plan.write(session, code, _plan(who, population)),
            code=code,
            version=first_day.live_version(session, code),
            population=population,
        )
    )


def agree(session: Session, click: Click, who: Who) -> After:
    """The plan's Agree."""
    code, version, population = form.parse_agree(click.view)
    first_day.agree(session, code, _plan(who, population), by=who, version=version)
    return Replace(window(session, who, said="The launch plan is agreed, in your name."))


def _plan(who: Who, population: str) -> launch_plan.Plan:
    return launch_plan.Plan(owner=who.name, population=population, source="ehr", site="")


def _programs(session: Session) -> After:
    programs = [(row.code, row.title) for row, _ in drafts.all_launchable(session)]
    if not programs:
        return Show(
            notice.message(
                "A launch plan", ["No program is published here yet. An operator publishes one: `app.py program`."]
            )
        )
    return Show(form.ask_plan(programs))


def _list(session: Session, who: Who) -> After:
    """A manager hands it over; where Slack may not see names, on the page."""
    if Verb.LAUNCH not in TABLE[who.role]:
        managers = ", ".join(_managers(session)) or "nobody yet: give somebody the role under People"
        said = f"A manager hands over the list, under First day on their Home or by /recall csv. Managers: {managers}."
        return Show(notice.message("The first list", [said]))
    if privacy.names_in_slack(session):
        return Show(recall_list.build())
    token = page_access.make_link(session, who=who, case_id=None)
    return OpenPage(f"/open/{token}/list", "Hand over a list")


def _managers(session: Session) -> list[str]:
    found = session.query(Staff.name).filter_by(org_id=org_of(session), role=Role.MANAGER.value, active=True)
    return [name for (name,) in found.order_by(Staff.name).limit(5)]


def _summary(session: Session) -> str:
    found = first_day.steps(session)
    return f"{sum(step.done for step in found)} of {len(found)} done."


AREA = Area(
    code="first_day",
    title=form.TITLE,
    stands=_summary,
    window=window,
    label="Look",
    actions={form.OPEN: show, **{f"{form.GO}.{code}": go for code in first_day.STEPS}},
    forms={form.TEXT: text_me, form.PLAN: read_plan, form.AGREE: agree},
)
