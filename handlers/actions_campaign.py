"""What the buttons and forms of a campaign do: preview, launch, approve, pause, resume, stop."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import campaign_lists, campaign_sync
from bot.modals import campaign as form
from bot.modals import message
from bot.modals.frame import subject_of
from core import ids
from handlers.edge import Act, After, Click, Load, Redraw, Replace, Show, Whisper
from storage.db import org_of
from storage.tables import Campaign, Cohort, Patient
from workflows import campaigns, cohorts, pilot
from workflows.campaigns import proposals, recurring
from workflows.roles import TABLE, Verb, demand
from workflows.staff import Who

AT_ONCE = 5_000  # patients of an organisation that are counted while the form waits (Slack gives it 3 s)


def draft(session: Session, click: Click, who: Who) -> After:
    """S132: the form of `/recall`. A small organisation sees the preview at once, a large one on the card when it is counted."""
    asked = form.parse_draft(click.view)
    campaign = campaigns.create(
        session,
        campaigns.Draft(
            program=asked.program,
            cohort_id=cohorts.by_code(session, asked.cohort).id,
            reason=asked.reason,
            population=asked.population,
            holdout=asked.holdout,
            repeat_days=asked.repeat_days,
        ),
        by=who,
    )
    if _patients(session) > AT_ONCE:
        campaigns.count_later(session, campaign)
        return Replace(preview(session, campaign, who))
    recurring.count(session, campaign)
    return Replace(preview(session, campaigns.get(session, campaign.id), who))


def propose(session: Session, cohort: Cohort, who: Who, *, words: str = "") -> Load | Whisper | None:
    """`/recall CODE`: its preview at once, from how it was launched last or from the cohort's own words; None when that is not clear."""
    proposed = proposals.propose(session, cohort, words=words)
    if proposed is None:
        return None
    campaign = proposals.unlaunched(session, proposed, by=who) or campaigns.create(session, proposed, by=who)
    if _patients(session) > AT_ONCE:
        campaigns.count_later(session, campaign)
        return Whisper(
            f"Campaign {campaign.number} is being counted. Its card in the team's channel will show the preview."
        )

    def count(later: Session, again: Who, _fetched: object) -> dict[str, object]:
        recurring.count(later, campaigns.get(later, campaign_id))
        return preview(later, campaigns.get(later, campaign_id), again)

    campaign_id, title = campaign.id, f"Preview: campaign {campaign.number}"
    return Load(title, count)


def review(session: Session, click: Click, who: Who) -> After:
    """The card's Review: the preview again, with what this person may do."""
    return Show(preview(session, _campaign(session, click.value), who))


def launch(session: Session, click: Click, who: Who) -> After:
    """The preview's Launch."""
    campaign = campaigns.start(session, _id(subject_of(click.view, form.LAUNCH)), by=who)
    return Replace(
        message(
            f"Campaign {campaign.number}", ["It is being launched. Its card in the team's channel shows how far it is."]
        )
    )


def ask(session: Session, click: Click, who: Who) -> After:
    """The preview's Ask for approval."""
    campaign = campaigns.ask_approval(session, _id(subject_of(click.view, form.ASK)), by=who)
    return Replace(
        message(
            f"Campaign {campaign.number}",
            ["Another manager approves it on the card in the team's channel. Nothing is sent before."],
        )
    )


def approve(session: Session, click: Click, who: Who) -> After:
    """A second person's Approve and launch."""
    campaign = campaigns.approve_and_start(session, _id(subject_of(click.view, form.APPROVE)), by=who)
    return Replace(message(f"Campaign {campaign.number}", ["Approved by you. It is being launched."]))


def pause(session: Session, click: Click, who: Who) -> After:
    """The card's Pause: at once, no question asked. The copy that `/recall status` showed is drawn again too."""
    campaign = campaigns.pause(session, _id(click.value), by=who)
    return Redraw(campaign_sync.notice(session, campaign.id)) if click.ephemeral else None


def ask_why_resume(session: Session, click: Click, who: Who) -> After:
    """The card's Resume: why is it safe?"""
    return _why(session, click, who, what=form.RESUME)


def ask_why_stop(session: Session, click: Click, who: Who) -> After:
    """The card's Stop: why?"""
    return _why(session, click, who, what=form.STOP)


def resume(session: Session, click: Click, who: Who) -> After:
    """The form's Resume."""
    campaign_id, reason = form.parse_why(click.view, form.RESUME)
    campaigns.resume(session, _id(campaign_id), by=who, reason=reason)
    return None


def stop(session: Session, click: Click, who: Who) -> After:
    """The form's Stop."""
    campaign_id, reason = form.parse_why(click.view, form.STOP)
    campaigns.stop(session, _id(campaign_id), by=who, reason=reason)
    return None


def preview(session: Session, campaign: Campaign, who: Who) -> dict[str, object]:
    """What the campaign would do, with the one thing this person may do about it."""
    if not campaign.plan:
        return message(
            f"Campaign {campaign.number}", ["It is being counted. Its card in the team's channel will show it."]
        )
    view = campaign_sync.view(session, campaign)
    submit, note = _next(session, campaign, who)
    return form.preview(view, submit=submit, note=note)


def _next(session: Session, campaign: Campaign, who: Who) -> tuple[str | None, str]:
    """The one thing this person may do with the preview, and a line about it."""
    plan = campaign.plan
    if campaign.state not in ("previewed", "approved") or Verb.LAUNCH not in TABLE[who.role]:
        return None, "A manager launches it." if campaign.state == "previewed" else ""
    if not plan["contacted"]:
        return None, "There is nobody to contact."
    runs = pilot.left(session, pilot.Key(campaign.program_id, "campaign"))
    if runs is not None and plan["contacted"] > runs:
        return (
            None,
            f"The program is being piloted and has {runs} runs left for campaigns. Choose a smaller cohort first.",
        )
    if not plan["fits"]:
        return None, "At this pace it would take more than a year. Choose a smaller cohort, or free more slots."
    if not plan["needs_approval"] or campaign.state == "approved":
        return form.LAUNCH, "Nothing is sent before you press Launch."
    if who.id in (campaign.created_by, campaign.launched_by):
        return (None if campaign.launched_by else form.ASK), "A second manager has to approve a campaign of this size."
    return form.APPROVE, "You approve what is shown here, and it is launched at once."


def _why(session: Session, click: Click, who: Who, *, what: str) -> After:
    return ask_why(_campaign(session, click.value), who, what=what)


def ask_why(campaign: Campaign, who: Who, *, what: str) -> Show:
    """The form that asks why it goes on (form.RESUME) or is stopped (form.STOP)."""
    demand(who.role, Verb.LAUNCH)
    return Show(form.why(ids.show("cmp", campaign.id), campaign.number, what=what))


def _campaign(session: Session, shown: str) -> Campaign:
    return campaigns.get(session, _id(shown))


def _id(shown: str) -> UUID:
    return ids.parse("cmp", shown)


def _patients(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Patient).where(Patient.org_id == org_of(session))) or 0


ACTIONS: dict[str, Act] = {
    "campaign.review": review,
    **dict.fromkeys(campaign_lists.REVIEWS, review),
    "campaign.pause": pause,
    "campaign.resume": ask_why_resume,
    "campaign.stop": ask_why_stop,
}
FORMS: dict[str, Act] = {
    form.CALLBACK: draft,
    form.LAUNCH: launch,
    form.ASK: ask,
    form.APPROVE: approve,
    form.RESUME: resume,
    form.STOP: stop,
}
