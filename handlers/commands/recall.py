"""`/recall`: launch a program over a cohort (S132): the form, a cohort's preview at once, lists, and what runs."""

import difflib
from collections.abc import Callable
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import campaign_lists, campaign_sync
from bot.modals import campaign as form
from bot.modals import recall_list
from core.errors import Refused
from handlers import actions_campaign
from handlers.commands import Command, Said, case_number
from handlers.edge import OpenPage, Show, Whisper
from storage.db import now
from storage.tables import Campaign, Cohort
from workflows import campaigns, cohorts, page_access, privacy, surroundings
from workflows.campaigns import drafts, proposals, records
from workflows.cohorts import overview, rules
from workflows.roles import Verb, demand
from workflows.staff import Who

HELP = (
    "*Start*",
    "`/recall`: the form. `/recall COHORT`: who would be reached, at once; a program's code and the reason may follow.",
    "`/recall list`: the cohorts. `/recall csv`: hand over a list of your own.",
    "*Launch and watch*",
    "`/recall launch`: your preview that is ready. `/recall approve`: what waits for a second manager.",
    "`/recall status`, `/recall status 12`: campaigns, or one.",
    "`/recall pause 12`, `/recall resume 12`, `/recall stop 12`: without a number where only one is meant.",
)
CLOSE = 0.6


def answer(session: Session, text: str, who: Who) -> Said:
    """For managers. The first word is one of ours, a cohort's code or a program's; otherwise the help says what was probably meant."""
    demand(who.role, Verb.LAUNCH)
    word, _, rest = text.partition(" ")
    word, rest = word.casefold(), rest.strip()
    if word == "preview":
        word, _, rest = rest.partition(" ")
    if word in VERBS:
        return VERBS[word](session, rest, who)
    rules.save_built_in(session, actor=who.actor)
    known = {cohort.code: cohort for cohort in cohorts.every(session)}
    if word in known:
        return _of_cohort(session, known[word], who, words=rest)
    programs = {row.code: row.title for row, _ in drafts.all_launchable(session)}
    if not word or word in programs:
        return _form(known, programs if not word else {word: programs[word]})
    near = difflib.get_close_matches(word, [*VERBS, *known, *programs], n=1, cutoff=CLOSE)
    first = (
        f"Did you mean `/recall {near[0]}`?" if near else "Nothing was changed: that is no cohort and none of these."
    )
    return "\n".join([first, *HELP])


def _form(known: dict[str, Cohort], programs: dict[str, str], *, cohort: str = "") -> Said:
    if not programs:
        raise Refused(
            "There is no published program that a cohort can start. An operator publishes one: `app.py program`."
        )
    offered = [(one.code, one.title) for one in known.values()]
    return Show(form.draft(cohorts=offered, programs=list(programs.items()), cohort=cohort))


def _of_cohort(session: Session, cohort: Cohort, who: Who, *, words: str) -> Said:
    found = actions_campaign.propose(session, cohort, who, words=words)
    if isinstance(found, Whisper):
        return found.text
    if found is not None:
        return found
    programs = {row.code: row.title for row, _ in drafts.all_launchable(session)}
    return _form({one.code: one for one in cohorts.every(session)}, programs, cohort=cohort.code)


def _help(_session: Session, _rest: str, _who: Who) -> Said:
    return "\n".join(HELP)


def _csv(session: Session, _rest: str, who: Who) -> Said:
    """A list names patients: where Slack may not see names it is handed over on our own page."""
    if not privacy.names_in_slack(session):
        token = page_access.make_link(session, who=who, case_id=None)
        return OpenPage(f"/open/{token}/list", "Hand over a list")
    return Show(recall_list.build())


def _list(session: Session, _rest: str, who: Who) -> Said:
    rules.save_built_in(session, actor=who.actor)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    return campaign_lists.cohorts(overview.glance(session), now=now(session), zone=zone)


def _status(session: Session, rest: str, _who: Who) -> Said:
    number = case_number(rest)
    if number is not None:
        return campaign_sync.notice(session, campaigns.by_number(session, number).id)
    found = proposals.in_force(session)
    if not found:
        return "No campaign is under way. `/recall` starts one."
    return campaign_lists.campaigns([campaign_sync.view(session, one) for one in found], "Campaigns")


def _approve(session: Session, rest: str, who: Who) -> Said:
    number = case_number(rest)
    if number is not None:
        return Show(actions_campaign.preview(session, campaigns.by_number(session, number), who))
    waiting = [one for one in proposals.in_force(session, states=("previewed",)) if one.plan["needs_approval"]]
    if not waiting:
        return "No campaign waits for a second manager."
    if len(waiting) == 1:
        return Show(actions_campaign.preview(session, waiting[0], who))
    views = [campaign_sync.view(session, one) for one in waiting]
    return campaign_lists.campaigns(views, "Waiting for a second manager", review=True)


def _launch(session: Session, rest: str, who: Who) -> Said:
    """The preview, whose button launches: by number, or one's own that is ready."""
    if case_number(rest) is not None:
        return _approve(session, rest, who)
    ready = [
        one
        for one in proposals.in_force(session, states=("previewed", "approved"))
        if who.id in (one.created_by, one.launched_by) and (one.state == "approved" or not one.plan["needs_approval"])
    ]
    if len(ready) == 1:
        return Show(actions_campaign.preview(session, ready[0], who))
    if not ready:
        raise Refused("None of your campaigns is ready to launch. `/recall COHORT` shows who would be reached.")
    return campaign_lists.campaigns([campaign_sync.view(session, one) for one in ready], "Ready to launch", review=True)


def _pause(session: Session, rest: str, who: Who) -> Said:
    campaign = _one(session, rest, states=("launching", "running"), verb="pause")
    campaigns.pause(session, campaign.id, by=who)
    return f"Campaign {campaign.number} is paused: what has not left is held. `/recall resume {campaign.number}` lets it go on."


def _resume(session: Session, rest: str, who: Who) -> Said:
    return actions_campaign.ask_why(_one(session, rest, states=("paused",), verb="resume"), who, what=form.RESUME)


def _stop(session: Session, rest: str, who: Who) -> Said:
    return actions_campaign.ask_why(_one(session, rest, states=records.LIVE, verb="stop"), who, what=form.STOP)


def _one(session: Session, rest: str, *, states: tuple[str, ...], verb: str) -> Campaign:
    """The campaign with this number, or the only one that can be meant."""
    number = case_number(rest)
    if number is not None:
        return campaigns.by_number(session, number)
    found = proposals.in_force(session, states=states)
    if len(found) == 1 and not rest:
        return found[0]
    if not found:
        raise Refused(f"There is no campaign to {verb}. Nothing was changed.")
    numbers = ", ".join(f"`/recall {verb} {one.number}`" for one in found)
    raise Refused(f"Which campaign? {numbers}. Nothing was changed.")


VERBS: dict[str, Callable[[Session, str, Who], Said]] = {
    "help": _help,
    "list": _list,
    "csv": _csv,
    "status": _status,
    "approve": _approve,
    "launch": _launch,
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
}

COMMAND = Command(
    "/recall", answer, "Launch a program for a cohort of patients", "[cohort | csv | list | status | approve | help]"
)
