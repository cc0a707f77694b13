"""Codes in the words that staff read on the page."""

import phonenumbers

from bot.sync import ENDINGS
from workflows import closing, languages

KINDS = {
    "approval": "Approve or refuse what a colleague asks",
    "duplicate_chart": "Check two charts: one person?",
    "system_alert": "Careloop needs a hand",
    "practice": "Practice: offer new times",
    "ready_to_schedule": "Book a visit: ready to schedule",
    "reschedule": "Offer new times",
    "interpreter": "Call with an interpreter",
    "call_task": "Call: texting has done what it can",
    "call_back": "Call back: the patient asked for a call",
    "red_flag": "Call back about a symptom",
    "clinical": "Answer a care question",
    "deceased": "A death was reported: confirm it",
    "legal_threat": "A manager settles legal words",
    "review": "Read a reply and decide",
    "admin": "Sort out a request",
    "opt_out_check": "Ask if the visit was meant",
    "wrong_number": "Correct a phone number",
    "chart_update": "Put in the chart what the patient told us",
    "missing_contact": "Find a number to reach the patient",
    "unknown_send": "Check if a text was sent",
    "low_score": "Call about a low score",
    "human_owned": "Contact this patient yourself",
    "pre_check": "Complete before we write",
    "match": "Find this patient's chart",
    "tcm_call": "Call: home from hospital",
    "pilot_review": "Judge this pilot run",
    "ehr_manual": "Enter the outcome in the EHR by hand",
}
PRIORITIES = {"emergency": "Emergency", "urgent": "Urgent", "high": "High priority"}
CASE_STATES = {
    "open": "Open",
    "claimed": "Claimed",
    "booking": "Being booked in the EHR",
    "snoozed": "Snoozed",
    "waiting_patient": "Waiting for the patient",
    "closed": "Closed",
}
TEXT_STATES = {
    "received": "",
    "planned": "On its way",
    "held": "Waiting",
    "refused": "Not sent",
    "cancelled": "Not sent",
    "sending": "Being sent",
    "unknown": "May have been sent; being checked",
    "accepted": "Handed to the carrier",
    "sent": "Sent",
    "delivered": "Delivered",
    "undelivered": "Not delivered",
    "failed": "Not delivered",
    "presumed_sent": "Sent, not confirmed",
    "read": "Read",
}
PURPOSES = {
    "safety": "safety text",
    "opt_out": "opt-out answer",
    "answer": "automatic answer",
    "booking": "confirmation",
}
RULES = {
    "form": "a form",
    "form.locked": "the year of birth was wrong five times",
    "suppressed": "this number opted out of texts",
    "opted_out": "this number opted out of texts",
    "wrong_number": "somebody else has this number",
    "deceased": "a death was reported",
    "legal_threat": "legal words; automation is off",
    "number.none": "there is no number on file",
    "number.not_textable": "this number takes no texts",
    "step.over": "the program had moved on",
    "step.left": "the program had moved on",
    "patient.not_to_be_contacted": "the chart says not to contact this patient",
    "consent.none": "no consent on file, and the patient has not written in the last 24 hours",
    "ehr.stale": "the EHR has to be read again first",
    "cap.day": "the limit of one program text a day",
    "cap.week": "the limit of three program texts a week",
    "window.T1.federal": "quiet hours where the patient may be",
    "window.T1.hours": "outside the clinic's texting hours",
    "window.T1.sunday": "no texts on Sunday",
    "window.T3.every_us_zone": "quiet hours in a zone where the patient may be",
    "window.closing": "quiet hours were about to begin",
    "language.no_text": "no approved text in the patient's language",
    "answer.loop": "two machines were answering each other",
    "gate.open": "every rule allowed it",
    "exempt.safety": "a safety text goes at any hour",
    "exempt.opt_out_confirmation": "the one confirmation of an opt-out",
    "exempt.answer": "an answer to the patient's own text",
    "send.no_answer": "the carrier's answer was lost",
    "page.channel": "the card, with a ping",
    "page.dm": "a direct message",
    "page.text": "a text to their phone",
    "page.over": "somebody has the case",
}
NOT_ARRIVED = frozenset({"refused", "cancelled", "undelivered", "failed", "unknown"})
VERDICTS = {
    "sent": "Text allowed",
    "held": "Text held",
    "blocked": "Text blocked",
    "refused": "Text refused",
    "unknown": "Text may have been sent",
    "failed": "Text failed",
    "touch": "A text was due",
    "moved": "Step over",
    "opened": "Case opened",
    "closed": "Case closed",
    "ended": "Program ended",
    "paused": "Program paused",
    "stopped": "Texts stopped",
    "written": "Written to the EHR",
    "manual": "The EHR did not take it",
    "answered": "Answered",
    "paged": "Staff called",
}
EVENTS = {
    "sla_ping": "The team was told that nobody has taken it",
    "sla_manager": "The managers were told that nobody has taken it",
    "sla_on_call": "People on call are told that nobody has taken it",
    "sla_due": "The owner was reminded that it is due",
    "sla_idle": "The owner was reminded that nothing happens on it",
    "sla_released": "Given back to the team: nothing had happened on it",
    "handed_over": "Handed over, because its owner went off",
    "kept": "Still worked on",
    "paged_thread": "The team's channel was pinged under the card",
    "page_failed_thread": "The line under the card could not be posted",
    "page_failed_channel": "The card could not ping the team's channel",
    "opened": "Opened",
    "claimed": "Claimed",
    "released": "Given back to the team",
    "booking": "New time picked; the EHR is asked",
    "booking_failed": "The EHR did not book it",
    "closed": "Closed",
    "reopened": "Opened again: the patient wrote on the same matter",
    "reminded": "The patient reminded us of a promise",
    "patient_replied": "The patient answered",
    "undone": "The last step was taken back",
    "snoozed": "Put aside until a time",
    "woken": "Back from its snooze",
    "waiting": "Waits for the patient",
    "answered": "The patient wrote",
    "resumed": "Taken up again",
    "escalated": "Escalated",
    "call_logged": "A call was logged",
    "dialled": "Called the patient",
    "promised": "We promised something",
    "interpreted": "Spoken through an interpreter",
    "recap_sent": "An approved text was sent",
    "linked": "Linked with another case",
    "merged": "Merged into another case",
    "took_in": "Another case was merged into this one",
    "wrong_number": "Marked as a wrong number",
    "paged_channel": "The card pinged the team's channel",
}
VISITS = {
    "noshow": "missed",
    "booked": "booked",
    "fulfilled": "took place",
    "arrived": "arrived",
    "checked-in": "arrived",
}
CALLS = {
    "paged_dm": "{who} was paged by direct message",
    "paged_text": "{who} was paged by text",
    "page_failed_dm": "No direct message reached {who}",
    "page_failed_text": "No text reached {who}",
}


def kind(code: str) -> str:
    """The verb of a kind of case."""
    return KINDS.get(code, plain(code).capitalize())


def rule(code: str | None) -> str:
    """Which rule decided, as a part of a sentence."""
    if not code:
        return ""
    if code in RULES:
        return RULES[code]
    if code.startswith("window.T2."):
        return f"quiet hours of the state ({code.rpartition('.')[2]})"
    if code.startswith("provider."):
        return f"the carrier refused it (code {code.partition('.')[2]})"
    return plain(code)


def line(verdict: str, code: str) -> str:
    """One line of the ledger."""
    said = VERDICTS.get(verdict, plain(verdict).capitalize())
    head, _, tail = code.partition(".")
    if head in ("case", "outcome", "step", "ehr", "number"):
        why = KINDS.get(tail) or ENDINGS.get(tail) or RULES.get(code) or plain(tail)
        return said if (verdict, tail) == ("touch", "ask") else f"{said}: {why[:1].lower()}{why[1:]}"
    return f"{said}: {rule(code)}"


def plain(code: str) -> str:
    """A code nobody wrote words for yet, readable at least."""
    return code.replace(".", ": ").replace("_", " ")


def language(code: str) -> str:
    """The language's English name, or its code."""
    return languages.NAMES.get(code.replace("_", "-").split("-")[0].lower(), code)


def phone(e164: str) -> str:
    """As people dial it."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def event(what: str, *, kind: str, staff: str | None, detail: str | None) -> str:
    """One line of a case's story."""
    if what in CALLS:
        return CALLS[what].format(who=staff or "A colleague")
    if what == "reassigned":
        return f"Handed to {staff}" if staff else "Moved to another team"
    said = EVENTS.get(what, plain(what).capitalize())
    if what == "closed" and detail:
        said += f": {ending(kind, detail)}"
    return f"{said}, by {staff}" if staff else said


def ending(kind: str, disposition: str) -> str:
    """How a case was closed."""
    return closing.dispositions(kind).get(disposition) or ENDINGS.get(disposition) or plain(disposition).capitalize()


def without_nothing_changed(say: str) -> str:
    """A refusal's reason, where nobody has tried anything yet."""
    return say.replace(" Nothing was changed.", "")
