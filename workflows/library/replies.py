"""Giving an approved answer to a text that came in, and hearing whether it helped."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Misconfigured
from storage import ledger
from storage.db import now, org_of
from storage.tables import Enrollment, Message, Organisation
from workflows import answers, cases, surroundings, texts
from workflows.forms import links
from workflows.judging import LIBRARY
from workflows.library.entries import Entry, Library, built_in
from workflows.understanding import Reading, Urgency

REMEMBER = timedelta(days=1)
HELPED, PERSON = 1, 2
FLAGGED = frozenset({Urgency.EMERGENCY, Urgency.URGENT, Urgency.CLINICAL})
# What a patient says besides asking goes to the program or to a person; times named inside a question ("open Saturday?") do not.
ACTS = frozenset(
    {"intent.confirm", "intent.cancel", "intent.reschedule", "intent.ready", "intent.decline_outreach", "intent.human",
     "intent.complaint", "intent.hostile", "intent.running_late", "intent.wrong_number", "intent.deceased"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One text that came in, as it was read."""

    message: Message
    reading: Reading
    language: str
    body: str = field(repr=False)


def reply(session: Session, asked: Asked) -> bool:
    """Answer, or open the work that the answer promises; False when this is no question of the library: the caller goes on.

    Never about the body, however it is asked (C1, S95). The patient has at most one answer to a text. Past its date an answer
    is not given: a person gets the question and the note to renew it.
    """
    if asked.reading.urgency in FLAGGED or asked.message.patient_id is None:
        return False
    if asked.reading.choice is not None:
        return _settled(session, asked)
    organisation = surroundings.organisation_of(session)
    shelf = of(organisation)
    key = shelf.match(asked.body)
    if key is None or not may_answer(asked.reading):
        return False
    entry = shelf.answers[key]
    if now(session).astimezone(ZoneInfo(organisation.zone)).date() > entry.expires_on:
        _hand_over(session, asked, entry.owner, reason="answer_expired")
    elif (body := _filled(session, asked, entry)) is None:
        _hand_over(session, asked, entry.owner, reason="question")
    else:
        _give(session, asked, key, entry=entry, body=body)
    return True


def may_answer(reading: Reading) -> bool:
    """Whether the text only asks: what it also decides or wishes is for the program or a person."""
    return not ACTS & {proof.rule for proof in reading.evidence}


def of(organisation: Organisation) -> Library:
    """The library with the organisation's own answers over it."""
    changes = organisation.settings.get("answers")
    return built_in().with_changes(changes) if changes else built_in()


def _give(session: Session, asked: Asked, key: str, *, entry: Entry, body: str) -> None:
    if answers.looping(session, asked.message):
        return
    if answers.say(session, asked.message, body, language=asked.language, step=LIBRARY + key) is None:
        return
    _line(session, asked, "answered", f"library.{key}")
    if entry.case is not None:
        opening = _opening(asked, entry.case.team, reason="answer_needs_you", kind=entry.case.kind, due=entry.case.due)
        cases.open_one(session, opening)


def _filled(session: Session, asked: Asked, entry: Entry) -> str | None:
    """The words with their values; None when one is not known or the language has no approved text (P8)."""
    facts = surroundings.organisation_of(session).settings.get("facts", {})
    values = answers.values(session, asked.message, asked.language)
    values |= {name: said[asked.language] for name, said in facts.items() if asked.language in said}
    try:
        if entry.form is not None and "link" in entry.needs and "when" in values:
            enrollment = _enrollment(session, asked.message)
            if enrollment is not None:
                values["link"] = links.link(session, enrollment, form=entry.form, language=asked.language)
        return texts.fill(texts.variant(entry.texts, entry.title, asked.language), **values)
    except (Misconfigured, texts.Untranslated):
        return None


def _settled(session: Session, asked: Asked) -> bool:
    """A digit that answers "did this help?", if that was the last thing we sent to this number."""
    last = _last_answer(session, asked.message)
    if last is None or asked.reading.choice not in (HELPED, PERSON):
        return False
    key = last.removeprefix(LIBRARY)
    if asked.reading.choice == HELPED:
        _line(session, asked, "helped", f"library.{key}")
        answers.answer(session, asked.message, "helped", language=asked.language)
        return True
    entry = of(surroundings.organisation_of(session)).answers.get(key)
    _hand_over(session, asked, entry.owner if entry else "front_office", reason="answer_not_enough")
    return True


def _last_answer(session: Session, message: Message) -> str | None:
    last = session.execute(
        select(Message.purpose, Message.step)
        .where(
            Message.org_id == org_of(session),
            Message.number_id == message.number_id,
            Message.direction == "out",
            Message.created_at > now(session) - REMEMBER,
            Message.state.not_in(("cancelled", "refused")),
        )
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.purpose != "answer" or not (last.step or "").startswith(LIBRARY):
        return None
    step: str = last.step
    return step


def _hand_over(session: Session, asked: Asked, team: str, *, reason: str) -> None:
    cases.open_one(session, _opening(asked, team, reason=reason))
    answers.answer(session, asked.message, "person_ack", language=asked.language)


def _opening(
    asked: Asked, team: str, *, reason: str, kind: str = "admin", due: str = "4 business hours"
) -> cases.Opening:
    message = asked.message
    return cases.Opening(
        kind=kind,
        team=team,
        reason=reason,
        due=due,
        dedupe_key=f"msg:{message.id}:{kind}",
        patient_id=message.patient_id,
        number_id=message.number_id,
        enrollment_id=message.enrollment_id,
        message_id=message.id,
    )


def _enrollment(session: Session, message: Message) -> Enrollment | None:
    """Whose form it is: the enrollment that asked, else the patient's newest that goes on."""
    found = select(Enrollment).where(Enrollment.org_id == org_of(session))
    if message.enrollment_id is not None:
        return session.scalar(found.where(Enrollment.id == message.enrollment_id))
    mine = found.where(Enrollment.patient_id == message.patient_id, Enrollment.state != "ended")
    return session.scalar(mine.order_by(Enrollment.id.desc()).limit(1))


def _line(session: Session, asked: Asked, verdict: str, rule: str) -> None:
    message: Message = asked.message
    number: UUID = message.number_id
    ledger.write(session, [ledger.Line(verdict, rule, message.enrollment_id, message.id, None, number)])
