"""What each form of the case page does: the same services as the buttons in Slack, so that a team works here alone while Slack is down."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Refused
from core.ids import parse, show
from handlers.pages import readings
from handlers.pages.shell import Form
from storage.tables import Case
from workflows import (
    approvals,
    booking,
    business_time,
    case_calls,
    case_links,
    cases,
    closing,
    escalating,
    interpreting,
    pilot,
    promising,
    recaps,
    replies,
    resting,
    saved_replies,
    surroundings,
    tcm,
    undoing,
)
from workflows.staff import Who

CALLED_US = "they_called"


@dataclass(frozen=True, slots=True)
class Done:
    """What the page may say more: the step that can be taken back for a minute, and another case it is about. Ids alone."""

    undo: str = ""
    about: str = ""


Act = Callable[[Session, UUID, Who, Form], Done | None]


def _claim(session: Session, case_id: UUID, who: Who, _form: Form) -> Done:
    return Done(undo=show("cas", cases.claim(session, case_id, by=who).id))


def _release(session: Session, case_id: UUID, who: Who, _form: Form) -> Done:
    return _undoable(session, case_id, lambda: cases.release(session, case_id, by=who), what="released", by=who)


def _close(session: Session, case_id: UUID, who: Who, form: Form) -> Done:
    promise, by_when = form.get("promise", ""), form.get("by_when", "")
    if bool(promise) != bool(by_when):
        raise Refused("Pick what you promised, and by when; or neither. The case is still open.")
    heard = interpreting.told(form.get("interpreter"), form.get("language"), form.get("how"))
    note = form.get("note", "").strip() or None
    closed, step = closing.close_for_now(
        session, case_id, form.get("disposition", ""), note=note, interpreted=heard, by=who
    )
    about = show("cas", promising.make(session, closed, promise, by_when, by=who).id) if promise else ""
    return Done(undo=show("und", step) if step else "", about=about)


def _reschedule(session: Session, case_id: UUID, who: Who, form: Form) -> None:
    if not form.get("slot"):
        raise Refused("Pick a time first. Nothing was booked.")
    booking.choose(session, case_id, parse("slt", form["slot"]), by=who)


def _reply(session: Session, case_id: UUID, who: Who, form: Form) -> None:
    try:
        form_id = UUID(form.get("form_id", ""))
    except ValueError as error:
        raise Refused("This form cannot be read. Nothing was sent. Send it again.") from error
    if form.get("saved"):
        saved_replies.send(session, case_id, parse("svr", form["saved"]), by=who, form_id=form_id)
    else:
        replies.reply(session, case_id, form.get("text", ""), by=who, form_id=form_id)


def _correct(session: Session, case_id: UUID, who: Who, form: Form) -> None:
    readings.correct(session, case_id, who, form)


def _snooze(session: Session, case_id: UUID, who: Who, form: Form) -> Done:
    until = _until(session, cases.owned(session, case_id, by=who), form)
    return _undoable(
        session, case_id, lambda: resting.snooze(session, case_id, until=until, by=who), what="snoozed", by=who
    )


def _until(session: Session, case: Case, form: Form) -> datetime:
    """One of the times offered, as it is now, or the day and time that were typed, on the clinic's clock."""
    code = form.get("until", "")
    if code != "pick":
        found = resting.times(session, case).get(code)
        if found is None:
            over = code in resting.CHOICES
            raise Refused(f"{'That time is over' if over else 'No time was picked'}. Nothing was changed. Pick one.")
        return found
    try:
        typed = datetime.fromisoformat(form.get("moment", ""))
        zone = surroundings.organisation_of(session).zone
        return business_time.instant(typed.date(), typed.hour * 60 + typed.minute, zone)
    except (ValueError, OverflowError) as error:
        raise Refused("Pick a day and a time, like 2026-12-24 08:00. Nothing was changed.") from error


def _waiting(session: Session, case_id: UUID, who: Who, _form: Form) -> Done:
    return _undoable(
        session, case_id, lambda: resting.wait_for_patient(session, case_id, by=who), what="waiting", by=who
    )


def _resume(session: Session, case_id: UUID, who: Who, _form: Form) -> None:
    resting.resume(session, case_id, by=who)


def _escalate(session: Session, case_id: UUID, who: Who, form: Form) -> Done:
    reason = form.get("reason", "")
    return _undoable(
        session, case_id, lambda: escalating.escalate(session, case_id, reason, by=who), what="escalated", by=who
    )


def _reassign(session: Session, case_id: UUID, who: Who, form: Form) -> Done:
    to = form.get("to", "")
    if to.startswith("tem_"):
        team = parse("tem", to)
        return _undoable(
            session, case_id, lambda: cases.reassign(session, case_id, team=team, by=who), what="reassigned", by=who
        )
    if not to:
        raise Refused("Pick a team or a person. Nothing was changed.")
    person = parse("stf", to)
    return _undoable(
        session, case_id, lambda: cases.reassign(session, case_id, to=person, by=who), what="reassigned", by=who
    )


def _log_call(session: Session, case_id: UUID, who: Who, form: Form) -> None:
    result = form.get("result", "")
    if tcm.words_of(session, cases.workable(session, case_id, by=who)) is None:
        code, _, why = result.partition(":")
        case_calls.log(session, case_id, code, why=why or None, by=who)
        return
    if cases.get(session, case_id).owner_id is None:
        cases.claim(session, case_id, by=who)
    tcm.log_call(session, cases.owned(session, case_id, by=who), method=form.get("method", ""), result=result, by=who)


def _call_now(session: Session, case_id: UUID, who: Who, _form: Form) -> None:
    case_calls.dialled(session, case_id, by=who)


def _wrong_number(session: Session, case_id: UUID, who: Who, _form: Form) -> None:
    case_calls.mark_wrong_number(session, case_id, by=who)


def _recap(session: Session, case_id: UUID, who: Who, form: Form) -> None:
    if not form.get("text"):
        raise Refused("Pick a text. Nothing was sent.")
    recaps.send(session, case_id, form["text"], by=who)


def _link(session: Session, case_id: UUID, who: Who, form: Form) -> Done:
    if not form.get("other"):
        raise Refused("Pick the other case. Nothing was changed.")
    ways = {"link": case_links.link, "merge": case_links.merge}
    if form.get("how") not in ways:
        raise Refused("Pick whether to link or to merge. Nothing was changed.")
    _, other = ways[form["how"]](session, case_id, parse("cas", form["other"]), by=who)
    return Done(about=show("cas", other.id))


def _approval(session: Session, case_id: UUID, who: Who, form: Form) -> Done:
    return Done(about=show("cas", approvals.ask(session, case_id, form.get("what", ""), by=who).id))


def _pass(session: Session, case_id: UUID, who: Who, _form: Form) -> None:
    cases.claim(session, case_id, by=who)
    closing.close(session, case_id, pilot.PASSED, by=who)


def _fail(session: Session, case_id: UUID, who: Who, form: Form) -> None:
    cases.claim(session, case_id, by=who)
    if form.get("verdict", pilot.PASSED) == pilot.PASSED:
        raise Refused("Pick what was wrong with the run. Nothing was changed.")
    closing.close(session, case_id, form["verdict"], note=form.get("note", "").strip() or None, by=who)


def _approve(session: Session, case_id: UUID, who: Who, _form: Form) -> None:
    approvals.answer(session, case_id, yes=True, by=who)


def _refuse(session: Session, case_id: UUID, who: Who, _form: Form) -> None:
    approvals.answer(session, case_id, yes=False, by=who)


def _undo(session: Session, case_id: UUID, who: Who, form: Form) -> None:
    """Of this case alone: the step, or the claim, that the button names."""
    step = form.get("undo", "")
    if step.startswith("cas_"):
        undoing.unclaim(session, case_id, by=who)
        return
    case, _ = undoing.undo(session, parse("und", step), by=who)
    if case.id != case_id:
        raise Refused("That was a step on another case. Nothing was changed.")


def _undoable(session: Session, case_id: UUID, change: Callable[[], Case], *, what: str, by: Who) -> Done:
    before = undoing.look(cases.get(session, case_id))
    step = undoing.remember(session, what, before, change(), by=by)
    return Done(undo=show("und", step) if step else "")


ACTS: dict[str, Act] = {
    "claim": _claim,
    "release": _release,
    "close": _close,
    "reschedule": _reschedule,
    "reply": _reply,
    "correct": _correct,
    "snooze": _snooze,
    "waiting": _waiting,
    "resume": _resume,
    "escalate": _escalate,
    "reassign": _reassign,
    "log_call": _log_call,
    "call_now": _call_now,
    "wrong_number": _wrong_number,
    "recap": _recap,
    "link": _link,
    "approval": _approval,
    "pass": _pass,
    "fail": _fail,
    "approve": _approve,
    "refuse": _refuse,
    "undo": _undo,
}
