"""From rows to what the templates print: times in the clinic's zone, codes in words, and which buttons would be taken."""

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy.orm import Session

from bot import handoff, sync, times
from core.errors import Refused
from core.ids import show
from handlers.pages import readings, verb_forms, words
from handlers.pages.moments import Moments
from handlers.pages.shell import Form
from storage.tables import Appointment, Case, Message, Slot
from workflows import (
    approvals,
    booking,
    case_verbs,
    casefile,
    closing,
    interpreting,
    promising,
    replies,
    saved_replies,
    tcm,
)
from workflows.casefile import CaseFile, Said
from workflows.staff import PRACTICE, Who

Facts = dict[str, object]
VERDICTS = ("pass", "fail", "approve", "refuse")
PHONED = ("call_now", "log_call", *VERDICTS)
"""Verbs whose forms stand on top."""
BOOKS_FIRST = frozenset({"reschedule", "ready_to_schedule"})


@dataclass(frozen=True, slots=True)
class Told:
    """What happened just now. `kind`: done or refused; `verb` and `typed` bring a refused form back as it was;
    `undo` names the step that can be taken back."""

    kind: str
    say: str
    verb: str = ""
    typed: Form | None = None
    undo: str = ""


def case(session: Session, who: Who, file: CaseFile, *, told: Told | None, correcting: str = "") -> Facts:
    """The case page's facts. `told` None: nothing happened just now; `correcting` names the text whose form is open."""
    at, row = Moments(session), file.case
    drawn = sync.view(session, row, file.team)
    slots = _slots(session, file, who)
    offers = _offers(session, file, who, slots)
    return {
        "who": who.name,
        "clinic": at.clinic,
        "zone": str(at.zone),
        "as_of": at.near(at.now),
        "id": show("cas", row.id),
        "number": row.number,
        "verb": words.kind(row.kind),
        "asked": row.asked if row.kind in BOOKS_FIRST else "",
        "books_first": row.kind in BOOKS_FIRST,
        "priority": words.PRIORITIES.get(row.priority, ""),
        "why": "" if row.kind == "call_back" else drawn.reason[:1].upper() + drawn.reason[1:],
        "facts": _facts(file, at, who, program=drawn.program_title, contact=drawn.contact) + _interpreter(session, row),
        "interpreters": _interpreters(session, row),
        "handoff": handoff.lines(session, file, task=words.kind(row.kind)),
        "background": handoff.background(session, file),
        "closed": row.state == "closed",
        "late": row.state != "closed" and row.due_at < at.now,
        "due": times.due(row.due_at, now=at.now),
        "ending": words.ending(row.kind, row.disposition) if row.disposition else "",
        "note": file.note or "",
        "person": _person(file),
        "talk": [_text(said, at) for said in file.talk],
        "corrects": not file.hindrance,
        "correcting": _correcting(file, told, named=correcting),
        "events": [_event(file, e, at) for e in file.events],
        "ledger": [_line(d.verdict, d.rule, at.near(d.at)) for d in file.ledger],
        "offers": offers,
        "forms": _forms(session, file, who, offers),
        "promises": {"kinds": promising.KINDS, "by": promising.BY} if row.patient_id else {},
        "saved": _saved(session, file) if "reply" in offers else [],
        "standing": _standing(file, who, at),
        "slots": [_slot(slot, at, told) for slot in slots],
        "dispositions": closing.dispositions(row.kind),
        "form_id": str(uuid4()),
        "told": told,
        "open_verb": _open_verb(told),
        "first": PHONED if row.kind in case_verbs.CALLED_FIRST else VERDICTS,
        "asks_approval": row.kind == approvals.KIND,
        "typed": (told.typed if told else None) or {},
    }


def reply_flash(file: CaseFile, session: Session, who: Who) -> str:
    """What became of the text this person sent last from this case."""
    mine = [said for said in file.talk if said.of_case and said.purpose == "staff" and said.by == who.name]
    if not mine:
        return ""
    last = mine[-1]
    size = f"{last.segments} segment{'s' if last.segments != 1 else ''}"
    at, state = Moments(session), words.TEXT_STATES.get(last.state, last.state).lower()
    hours = replies.hours_now(session, file.case) if last.state == "planned" else None
    if hours and not hours.open:
        return f"Your text ({size}) waits until {at.near(hours.opens_at)}: {words.rule(f'window.{hours.rule}')}."
    until = f" until {at.near(last.hold_until)}" if last.hold_until else ""
    why = f": {words.rule(last.rule)}" if last.rule else ""
    return f"Your text ({size}) is {state}{until}{why}."


def _slots(session: Session, file: CaseFile, who: Who) -> list[Slot]:
    if file.hindrance or file.case.state != "claimed":
        return []
    try:
        return list(booking.choices(session, file.case.id, by=who)[1])
    except Refused:
        return []


def _saved(session: Session, file: CaseFile) -> list[Facts]:
    """The saved replies, each as this patient will read it."""
    return [
        {
            "id": show("svr", one.id),
            "title": one.title,
            "text": one.text,
            "size": f"{one.segments} segment{'s' if one.segments != 1 else ''}",
        }
        for one in saved_replies.offered(session, file.case)
    ]


def _offers(session: Session, file: CaseFile, who: Who, slots: list[Slot]) -> frozenset[str]:
    """Buttons that would be taken now: the services decide again when they are pressed."""
    row = file.case
    if file.hindrance or row.state == "closed":
        return frozenset()
    mine = row.owner_id == who.id or who.role == "manager"
    contact = tcm.words_of(session, row) is not None
    codes = {verb.code for verb in case_verbs.at_hand(row, mine=mine, contact=contact)}
    if row.kind == PRACTICE:
        codes -= {"reschedule"}  # its made-up times are in Slack
    elif "reschedule" in codes and not slots:
        codes = codes - {"reschedule"} | {"no_slots"}
    if not file.phone or file.phone.opted_out or file.phone.textable == "no":
        codes -= {"reply"}
    return frozenset(codes)


def _forms(session: Session, file: CaseFile, who: Who, offers: frozenset[str]) -> list[verb_forms.VerbForm]:
    """What is asked for each of the other verbs; a question to approve has its two answers."""
    if file.case.kind == approvals.KIND and not file.hindrance and file.case.state != "closed":
        return [*verb_forms.APPROVE, *verb_forms.of(session, file.case, who, offers - {"claim"})]
    return verb_forms.of(session, file.case, who, offers)


def _open_verb(told: Told | None) -> str:
    """Which form stands open: the one that came back refused; after "Call now" the one that says how it went."""
    if told is None:
        return ""
    return told.verb if told.kind == "refused" else {"call_now": "log_call"}.get(told.verb, "")


def _standing(file: CaseFile, who: Who, at: Moments) -> str:
    """Why there is no button, where there is none."""
    row = file.case
    if row.state == "closed":
        return ""
    if file.hindrance:
        return words.without_nothing_changed(file.hindrance)
    if row.state == "booking":
        return f"The EHR is asked to book {at.near(row.booked_for)}. Open this page again in a moment."
    if row.owner_id is None:
        return "Claim the case to write, book or close, so that two people do not call the same patient."
    if row.owner_id != who.id and who.role != "manager":
        return f"{_owner(file, who)} has this case. Ask them before you call the patient."
    return ""


def _owner(file: CaseFile, who: Who) -> str:
    if file.case.owner_id is None:
        return "nobody yet"
    if file.case.owner_id == who.id:
        return "you"
    names = [e.staff for e in file.events if e.staff and e.what in ("claimed", "reassigned")]
    return names[-1] if names else "a colleague"


def _facts(file: CaseFile, at: Moments, who: Who, *, program: str | None, contact: str | None) -> list[tuple[str, str]]:
    row = file.case
    since = f" since {at.near(row.claimed_at)}" if row.claimed_at and row.state != "closed" else ""
    facts = [
        ("State", words.CASE_STATES.get(row.state, row.state)),
        ("Asked", row.asked or ""),
        ("Booked", at.near(row.booked_for)),
        ("Owner", _owner(file, who) + since),
        ("Team", file.team.name),
        ("Due", "" if row.state == "closed" else at.near(row.due_at)),
        ("Human contact", contact or ""),
        ("Program", program or ""),
        ("Opened", at.near(row.opened_at)),
        ("Closed", at.near(row.closed_at)),
        ("Last visit", visit_words(file.last_visit, at)),
        ("Next visit", visit_words(file.next_visit, at)),
    ]
    return [(label, value) for label, value in facts if value]


def _interpreter(session: Session, case: Case) -> list[tuple[str, str]]:
    row = interpreting.of_closing(session, case)
    return [("Interpreter", interpreting.words(row))] if row else []


def _interpreters(session: Session, case: Case) -> Facts | None:
    """What the form that closes an interpreter's case asks besides."""
    if case.kind != interpreting.KIND or case.state == "closed":
        return None
    usual = interpreting.usual(session, case.patient_id)
    return {"languages": interpreting.LANGUAGES, "how": interpreting.HOW, "usual": usual}


def visit_words(visit: Appointment | None, at: Moments, *, kind: bool = True) -> str:
    """A visit in one line; empty for none."""
    if visit is None or visit.start_at is None:
        return ""
    status = words.VISITS.get(visit.status, visit.status)
    parts = (times.moment(visit.start_at, at.zone), (visit.kind or "") if kind else "", status)
    return " · ".join(part for part in parts if part)


def _person(file: CaseFile) -> Facts | None:
    if file.person is None and file.phone is None:
        return None
    person, phone = file.person, file.phone
    warnings = []
    if person and not person.contactable:
        warnings.append("Not to be contacted: the chart says so, or a reply did.")
    if phone and phone.opted_out:
        warnings.append("This number opted out of texts. Call instead.")
    elif phone and phone.textable == "no":
        warnings.append("This number takes no texts. Call instead.")
    return {
        "name": person.name if person else "Nobody is charted with this number",
        "age": "" if person is None or person.age is None else f"{person.age} years",
        "language": words.language(person.language) if person else "",
        "phone": words.phone(phone.e164) if phone else "",
        "dial": phone.e164 if phone else "",
        "warnings": warnings,
    }


def _correcting(file: CaseFile, told: Told | None, *, named: str) -> Facts | None:
    typed = told.typed if told and told.verb == "correct" else None
    asked = typed.get("message") if typed else named
    said = next((said for said in file.talk if said.inbound and show("msg", said.id) == asked), None)
    return readings.form(said, typed) if said and not file.hindrance else None


def _text(said: Said, at: Moments) -> Facts:
    return {
        "id": show("msg", said.id),
        "read": readings.line(said.read_as) if said.read_as else "",
        "inbound": said.inbound,
        "by": "Patient" if said.inbound else said.by or sender(said),
        "body": said.body,
        "at": at.near(said.at),
        "state": fate(said, at),
        "tone": "waits" if said.state == "held" else "bad" if said.state in words.NOT_ARRIVED else "",
        "asks": said.asks,
    }


def sender(said: Said) -> str:
    """Who wrote a text of ours that no person wrote."""
    purpose = words.PURPOSES.get(said.purpose)
    return f"Careloop, {purpose}" if purpose else "Careloop"


def fate(said: Said | Message, at: Moments) -> str:
    """What became of a text, and by which rule."""
    state = words.TEXT_STATES.get(said.state, said.state)
    if said.state == "held" and said.hold_until:
        state += f" until {at.near(said.hold_until)}"
    return f"{state}: {words.rule(said.rule)}" if said.rule else state


def _event(file: CaseFile, happened: casefile.Happened, at: Moments) -> Facts:
    said = words.event(happened.what, kind=file.case.kind, staff=happened.staff, detail=happened.detail)
    return {"at": at.near(happened.at), "said": said}


def _line(verdict: str, rule: str, at: str) -> Facts:
    return {"at": at, "said": words.line(verdict, rule), "code": f"{verdict} {rule}"}


def _slot(slot: Slot, at: Moments, told: Told | None) -> Facts:
    picked = (told.typed or {}).get("slot") if told else None
    name = show("slt", slot.id)
    return {
        "id": name,
        "when": times.moment(slot.start_at, at.zone),
        "with": slot.practitioner_name or slot.practitioner or "",
        "picked": name == picked,
    }
