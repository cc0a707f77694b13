"""What each button and form does: one line each in ACTIONS and FORMS. A click moves the workflow; card and EHR follow by the outbox."""

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import sync, times
from bot.blocks import button
from bot.modals import close as close_form
from bot.modals import more as more_form
from bot.modals import plan as plan_form
from bot.modals import reassign as reassign_form
from bot.modals import reschedule as reschedule_form
from core import ids
from core.errors import Refused
from handlers import (
    actions_approval,
    actions_campaign,
    actions_consent,
    actions_disruption,
    actions_halt,
    actions_launch,
    actions_links,
    actions_off,
    actions_people,
    actions_practice,
    actions_recall,
    actions_reply,
    actions_report,
    actions_saved,
    actions_steps,
    actions_worklist,
    conversation,
    home,
    lookup,
    plan_view,
    settings,
    shortcuts,
)
from handlers.edge import Act, After, Click, Show, Whisper
from storage.db import now, org_of
from storage.tables import Case, Staff, Team
from workflows import (
    booking,
    case_verbs,
    cases,
    closing,
    interpreting,
    on_call,
    privacy,
    promising,
    surroundings,
    tcm,
    undoing,
)
from workflows.staff import Who

INTERPRETED_ON_THE_PAGE = (
    "Spoke through an interpreter? Press Open on the card and close it on the page, which asks who interpreted."
)
CaseAct = Callable[[Session, UUID, Who], After]


def claim(session: Session, click: Click, who: Who) -> After:
    """S126: one click, one owner; for a minute it can be taken back."""
    case = cases.claim(session, ids.parse("cas", click.value), by=who)
    return Whisper(f"Case {case.number} is yours.", (button("Undo", actions_steps.UNDO, value=click.value),))


def keep(session: Session, click: Click, who: Who) -> After:
    """S50: "Still on it" of a reminder."""
    case = cases.keep(session, ids.parse("cas", click.value), by=who)
    return Whisper(f"Noted: you are on case {case.number}.")


def reschedule(session: Session, click: Click, who: Who) -> After:
    """S127: the next free slots near what was asked, from the mirror."""
    if actions_practice.is_practice(session, ids.parse("cas", click.value)):
        return Show(actions_practice.pick(session, ids.parse("cas", click.value), who))
    case, slots = booking.choices(session, ids.parse("cas", click.value), by=who)
    asking = reschedule_form.Asking(
        case_id=click.value,
        number=case.number,
        asked=case.asked,
        now=now(session),
        zone=_zone(session),
        patient_line=sync.patient_line(session, case),
    )
    choices = [
        reschedule_form.SlotChoice(
            ids.show("slt", slot.id), slot.start_at, slot.end_at, slot.practitioner_name or slot.practitioner or ""
        )
        for slot in slots
    ]
    return Show(reschedule_form.build(asking, choices))


def pick_slot(session: Session, click: Click, who: Who) -> After:
    """The form's Book: a local hold and a promise to the EHR; the confirmation text waits for the read-back."""
    chosen = reschedule_form.parse_submission(click.view)
    if chosen.slot_id.startswith("practice-"):
        return actions_practice.book(session, ids.parse("cas", chosen.case_id), who)
    booking.choose(session, ids.parse("cas", chosen.case_id), ids.parse("slt", chosen.slot_id), by=who)
    return None


def close(session: Session, click: Click, who: Who) -> After:
    """S128: how did it end? A note only where Slack may see patient data."""
    case = cases.owned(session, ids.parse("cas", click.value), by=who)
    level = privacy.level(session, case)
    offered = [(code, words) for code, words in closing.dispositions(case.kind).items() if code != "booked"]
    asks = case.kind == interpreting.KIND
    if asks and level == "none":
        offered = [(code, words) for code, words in offered if code != interpreting.DONE]
    form = close_form.build(
        click.value,
        case.number,
        dispositions=offered,
        note_allowed=level != "none",
        promises=close_form.Promises(promising.KINDS, promising.BY) if case.patient_id else None,
        interpreters=_interpreters(session, case) if asks and level != "none" else None,
        hint=INTERPRETED_ON_THE_PAGE if asks and level == "none" else "",
    )
    return Show(form)


def _interpreters(session: Session, case: Case) -> close_form.Interpreters:
    usual = interpreting.usual(session, case.patient_id)
    return close_form.Interpreters(interpreting.LANGUAGES, interpreting.HOW, usual)


def finish(session: Session, click: Click, who: Who) -> After:
    """The form's Close case."""
    done = close_form.parse_submission(click.view)
    case_id = ids.parse("cas", done.case_id)
    if done.note and privacy.level(session, cases.get(session, case_id)) == "none":
        raise Refused("Notes are written on the signed-in case page: press Open on the card. The case is still open.")
    closed, step = closing.close_for_now(
        session, case_id, done.disposition, note=done.note, by=who,
        interpreted=interpreting.told(done.interpreter, done.language, done.how),
    )  # fmt: skip
    ending = closing.dispositions(closed.kind)[done.disposition]
    said = f"Closed case {closed.number}: {ending[:1].lower()}{ending[1:]}."
    if done.promise and done.by_when:
        kept = promising.make(session, closed, done.promise, done.by_when, by=who)
        due = times.moment_near(kept.due_at, _zone(session), now=now(session))
        said += f" Our promise is case {kept.number}: yours, due {due}; Undo does not take it back."
    return actions_steps.offer(session, closed, said, step)


def more(session: Session, click: Click, who: Who) -> After:
    """The overflow menu: "release:cas_…", "reassign:cas_…", "open:cas_…"."""
    verb, _, case_id = click.value.partition(":")
    chosen = MORE.get(verb)
    if chosen is None:
        raise Refused("That menu is out of date. Nothing was changed.")
    return chosen(session, ids.parse("cas", case_id), who)


def by_button(act: CaseAct) -> Act:
    """A verb of the menu behind a button of its own (in the More window): the value is the case's id."""

    def press(session: Session, click: Click, who: Who) -> After:
        return act(session, ids.parse("cas", click.value), who)

    press.__name__ = act.__name__
    return press


def hand_over(session: Session, click: Click, who: Who) -> After:
    """The form's Reassign."""
    chosen = reassign_form.parse_submission(click.view)
    case_id = ids.parse("cas", chosen.case_id)
    before = undoing.look(cases.get(session, case_id))
    if chosen.to_kind == "team":
        moved = cases.reassign(session, case_id, team=ids.parse("tem", chosen.to_id), by=who)
    else:
        moved = cases.reassign(session, case_id, to=ids.parse("stf", chosen.to_id), by=who)
    step = undoing.remember(session, "reassigned", before, moved, by=who)
    return actions_steps.offer(session, moved, f"Case {moved.number} is handed over.", step)


def _release(session: Session, case_id: UUID, who: Who) -> After:
    before = undoing.look(cases.get(session, case_id))
    freed = cases.release(session, case_id, by=who)
    step = undoing.remember(session, "released", before, freed, by=who)
    return actions_steps.offer(session, freed, f"Case {freed.number} is back with its team.", step)


def _reassign(session: Session, case_id: UUID, who: Who) -> After:
    case = cases.workable(session, case_id, by=who)
    cases.demand_open(case)
    teams = session.scalars(
        select(Team).where(Team.org_id == org_of(session), Team.id != case.team_id).order_by(Team.name)
    )
    people = session.scalars(
        select(Staff).where(Staff.org_id == org_of(session), Staff.active, Staff.id != who.id).order_by(Staff.name)
    )
    away = on_call.off(session)
    form = reassign_form.build(
        ids.show("cas", case.id),
        case.number,
        teams=[(ids.show("tem", team.id), team.name) for team in teams],
        staff=[(ids.show("stf", person.id), person.name) for person in people if person.id not in away],
    )
    return Show(form)


def _rest(session: Session, case_id: UUID, who: Who) -> After:
    """What is not on the card, as it stands now, each with its button."""
    case = cases.workable(session, case_id, by=who)
    standing = case_verbs.of(case, contact=tcm.words_of(session, case) is not None)
    return Show(more_form.build(ids.show("cas", case.id), case.number, case_verbs.arranged(standing).rest))


def _zone(session: Session) -> ZoneInfo:
    return ZoneInfo(surroundings.organisation_of(session).zone)


MORE: dict[str, CaseAct] = {
    "more": _rest,
    "release": _release,
    "reassign": _reassign,
    "open": conversation.open_case,
    "reply": actions_reply.ask,
    **actions_steps.MORE,
    **actions_links.MORE,
    "approval": actions_approval.ask,
}

ACTIONS: dict[str, Act] = {
    "case.claim": claim,
    "case.keep": keep,
    "case.reschedule": reschedule,
    "case.close": close,
    "case.more": more,
    **{more_form.action(code): by_button(act) for code, act in MORE.items() if code != "more"},
    **actions_steps.ACTIONS,
    **actions_links.ACTIONS,
    **actions_approval.ACTIONS,
    **actions_reply.ACTIONS,
    **actions_report.ACTIONS,
    **actions_saved.ACTIONS,
    **conversation.ACTIONS,
    **home.ACTIONS,
    **actions_halt.ACTIONS,
    **actions_disruption.ACTIONS,
    **actions_launch.ACTIONS,
    **actions_off.ACTIONS,
    **actions_people.ACTIONS,
    **actions_practice.ACTIONS,
    **actions_campaign.ACTIONS,
    **actions_worklist.ACTIONS,
    **lookup.ACTIONS,
    **settings.ACTIONS,
}
FORMS: dict[str, Act] = {
    reschedule_form.CALLBACK: pick_slot,
    close_form.CALLBACK: finish,
    reassign_form.CALLBACK: hand_over,
    **actions_consent.FORMS,
    **actions_steps.FORMS,
    **actions_approval.FORMS,
    **actions_reply.FORMS,
    **actions_saved.FORMS,
    **actions_halt.FORMS,
    **actions_disruption.FORMS,
    plan_form.CALLBACK: plan_view.skip,
    **actions_launch.FORMS,
    **actions_off.FORMS,
    **actions_campaign.FORMS,
    **actions_recall.FORMS,
    **lookup.FORMS,
    **settings.FORMS,
    **shortcuts.FORMS,
}
