"""Undo, snooze, wait, escalate, calls and wrong numbers: merged into ACTIONS, FORMS and MORE of `handlers.actions`."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import sync, times
from bot.blocks import Message, button, section
from bot.modals import choices, notice
from bot.modals import recap as recap_form
from bot.modals import snooze as snooze_form
from core import ids
from core.errors import Refused
from handlers import actions_launch
from handlers.edge import Act, After, Click, OpenPage, Redraw, Show, Whisper
from storage.db import now
from storage.tables import Case
from workflows import case_calls, cases, escalating, page_access, privacy, recaps, resting, surroundings, tcm, undoing
from workflows.staff import Who

UNDO = "case.undo"


def offer(session: Session, case: Case, said: str, step: UUID | None) -> Whisper:
    """What happened, with Undo for a minute where it can be taken back."""
    buttons = (button("Undo", UNDO, value=ids.show("und", step)),) if step else ()
    return Whisper(said, buttons, channel=sync.channel_of(session, case))


def undo(session: Session, click: Click, who: Who) -> After:
    """Take back the step, or the claim, that the button names."""
    if click.value.startswith("cas_"):
        case = undoing.unclaim(session, ids.parse("cas", click.value), by=who)
        said = f"Taken back: case {case.number} is nobody's again."
    else:
        case, stays = undoing.undo(session, ids.parse("und", click.value), by=who)
        said = f"Taken back: case {case.number} is as it was. {stays}".strip()
    return Whisper(said) if click.in_modal else Redraw(Message(said, (section(said),)))


def snooze(session: Session, case_id: UUID, who: Who) -> After:
    """Until when?"""
    case = cases.owned(session, case_id, by=who)
    found = resting.times(session, case)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    words = {
        f"case.snooze.{code}": f"{resting.CHOICES[code]} ({times.moment_near(at, zone, now=now(session))})"
        for code, at in found.items()
    }
    asked = words | {"case.snooze.pick": "Pick a day and time"}
    due = f"It is {times.due(case.due_at, now=now(session))}; snoozing does not change that."
    return Show(choices.build(ids.show("cas", case.id), f"Snooze case {case.number}", "Until when?", asked, below=due))


def snooze_pick(session: Session, click: Click, who: Who) -> After:
    """A time of one's own."""
    case = cases.owned(session, ids.parse("cas", click.value), by=who)
    zone = surroundings.organisation_of(session).zone
    return Show(snooze_form.build(click.value, case.number, initial=now(session) + resting.HOUR, zone=zone))


def snooze_until(session: Session, click: Click, who: Who) -> After:
    """The form's Snooze."""
    chosen = snooze_form.parse_submission(click.view)
    return _snooze(session, ids.parse("cas", chosen.case_id), who, until=chosen.until)


def _snooze(session: Session, case_id: UUID, who: Who, *, until: datetime | None) -> After:
    before = undoing.look(cases.get(session, case_id))
    if until is None:
        raise Refused("That time is over. Nothing was changed. Pick another.")
    slept = resting.snooze(session, case_id, until=until, by=who)
    step = undoing.remember(session, "snoozed", before, slept, by=who)
    zone = ZoneInfo(surroundings.organisation_of(session).zone)
    when = times.moment_near(until, zone, now=now(session))
    return offer(session, slept, f"Case {slept.number} is snoozed until {when}. It comes back to you by itself.", step)


def wait(session: Session, case_id: UUID, who: Who) -> After:
    """It is the patient's turn."""
    before = undoing.look(cases.get(session, case_id))
    resting_case = resting.wait_for_patient(session, case_id, by=who)
    step = undoing.remember(session, "waiting", before, resting_case, by=who)
    return offer(
        session, resting_case, f"Case {resting_case.number} waits for the patient. It comes back when they write.", step
    )


def resume(session: Session, case_id: UUID, who: Who) -> After:
    """Take it up again."""
    case = resting.resume(session, case_id, by=who)
    return Whisper(f"Case {case.number} is active again, and yours.")


def escalate(session: Session, case_id: UUID, who: Who) -> After:
    """Why? One press."""
    case = cases.workable(session, case_id, by=who)
    cases.demand_open(case)
    words = {f"case.escalate.{code}": said for code, said in escalating.REASONS.items()}
    below = "It gets more urgent by one step. The managers and the first on call are told at once."
    return Show(choices.build(ids.show("cas", case.id), f"Escalate case {case.number}", "Why?", words, below=below))


def log_call(session: Session, case_id: UUID, who: Who) -> After:
    """How did it go? One press; on a discharge the form of its own clock."""
    case = cases.workable(session, case_id, by=who)
    cases.demand_open(case)
    if tcm.words_of(session, case) is not None:
        return actions_launch.log_call(session, case_id, who)
    words = {f"case.call.{code}": said for code, said in case_calls.RESULTS.items()}
    return Show(choices.build(ids.show("cas", case.id), f"Log a call, case {case.number}", "How did it go?", words))


def they_called(session: Session, click: Click, who: Who) -> After:
    """Why did they call? One press."""
    case = cases.workable(session, ids.parse("cas", click.value), by=who)
    words = {f"case.called.{code}": said for code, said in case_calls.WHY.items()}
    return Show(choices.build(click.value, f"Log a call, case {case.number}", "Why did they call?", words))


def call_now(session: Session, case_id: UUID, who: Who) -> After:
    """The number to dial, in a window where Slack may see it, else on the signed-in page; that it was shown is logged."""
    case, number = case_calls.dialled(session, case_id, by=who)
    if privacy.level(session, case) == "none" or sync.patient_line(session, case) is None:
        token = page_access.make_link(session, who=who, case_id=case.id)
        return OpenPage(f"/open/{token}", f"See the number of case {case.number}")
    words = {f"case.call.{code}": said for code, said in case_calls.RESULTS.items() if code != "they_called"}
    return Show(
        choices.build(
            ids.show("cas", case.id), f"Call, case {case.number}", f"{sync.patient_line(session, case)}: {number}", words,
            below="Press how it went once you have called.",
        )
    )  # fmt: skip


def wrong_number(session: Session, case_id: UUID, who: Who) -> After:
    """Texts to it stop at once, which no Undo takes back."""
    case = case_calls.mark_wrong_number(session, case_id, by=who)
    return Show(
        notice.message(
            "Wrong number",
            [
                f"No text goes to the number behind case {case.number} any more. The front office has a case to correct the chart."
            ],
        )
    )


def correct(session: Session, case_id: UUID, who: Who) -> After:
    """What a text meant is said on the signed-in page, beside the text itself."""
    case = cases.workable(session, case_id, by=who)
    token = page_access.make_link(session, who=who, case_id=case.id)
    return OpenPage(f"/open/{token}", f"Correct a reading of case {case.number}")


def recap(session: Session, case_id: UUID, who: Who) -> After:
    """Which of the approved texts?"""
    case, titles = recaps.offered(session, case_id, by=who)
    return Show(recap_form.build(ids.show("cas", case.id), case.number, titles=titles))


def send_recap(session: Session, click: Click, who: Who) -> After:
    """The form's Send."""
    case_id, key = recap_form.parse_submission(click.view)
    case = recaps.send(session, ids.parse("cas", case_id), key, by=who)
    return Whisper(f"The text of case {case.number} is on its way.", channel=sync.channel_of(session, case))


def _by_choice(code: str, act: str) -> Act:
    """One press of a question's button."""

    def press(session: Session, click: Click, who: Who) -> After:
        case_id = ids.parse("cas", click.value)
        if act == "snooze":
            at = resting.times(session, cases.get(session, case_id)).get(code)
            return _snooze(session, case_id, who, until=at)
        if act == "escalate":
            before = undoing.look(cases.get(session, case_id))
            raised = escalating.escalate(session, case_id, code, by=who)
            step = undoing.remember(session, "escalated", before, raised, by=who)
            return offer(session, raised, f"Case {raised.number} is {raised.priority} now. Who can help is told.", step)
        result, why = ("they_called", code) if act == "called" else (code, None)
        case = case_calls.log(session, case_id, result, why=why, by=who)
        return Whisper(f"Logged on case {case.number}: {case_calls.RESULTS[result].lower()}.")

    press.__name__ = f"{act}_{code}"
    return press


MORE = {
    "snooze": snooze,
    "resume": resume,
    "waiting": wait,
    "escalate": escalate,
    "log_call": log_call,
    "call_now": call_now,
    "wrong_number": wrong_number,
    "recap": recap,
    "correct": correct,
}
ACTIONS: dict[str, Act] = {
    UNDO: undo,
    "case.snooze.pick": snooze_pick,
    **{f"case.snooze.{code}": _by_choice(code, "snooze") for code in resting.CHOICES},
    **{f"case.escalate.{code}": _by_choice(code, "escalate") for code in escalating.REASONS},
    **{f"case.call.{code}": _by_choice(code, "call") for code in case_calls.RESULTS},
    **{f"case.called.{code}": _by_choice(code, "called") for code in case_calls.WHY},
    "case.call.they_called": they_called,
}
FORMS: dict[str, Act] = {snooze_form.CALLBACK: snooze_until, recap_form.CALLBACK: send_recap}
