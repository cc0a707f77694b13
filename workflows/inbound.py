"""A text came in: stored once, read once, and sent down one path, escalation first. All of it in the webhook's own transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import messages, numbers, receipts
from storage.db import now, org_of
from storage.tables import Enrollment, Message, Patient, PhoneNumber
from workflows import (
    after_hours,
    answers,
    cases,
    consent,
    doubts,
    enrollments,
    handing_over,
    library,
    opt_out_scope,
    preferences,
    proxies,
    readings,
    relay,
    resting,
    safety,
    silence,
    which_visit,
)
from workflows.effects import Asked, Event, EventKind, Result
from workflows.engine import OpenCase, Unmatched
from workflows.heard import CLOSED, SCHEDULING, Heard
from workflows.understanding import Reading
from workflows.wishes import heard as understood

SOURCE = "twilio.inbound"
REMEMBER = timedelta(days=14)
BY_A_PERSON = frozenset({"reschedule_ack", "call_ack", "person_ack"})
LOW_SCORE = 6  # of 10: a person calls (S70)
ACKNOWLEDGED = {"reschedule": "reschedule_ack", "call_back": "call_ack"}
ONLY_ASKING = frozenset({"question", "greeting", "help", "ack", "wrong_number"})
STOP_CHOICE = 9  # "reply 9 and we will not text you again"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the provider handed over. `carrier_did`: STOP, START or HELP when the carrier has acted and answered already."""

    sid: str
    from_number: str = field(repr=False)
    body: str = field(repr=False)
    media: int = 0
    carrier_did: str | None = None


def receive(session: Session, arrived: Arrived) -> bool:
    """Take one inbound text; False when this id was taken before. An opt-out is complete when this commits (R3)."""
    if not receipts.first(session, SOURCE, arrived.sid):
        return False
    number = numbers.add(session, arrived.from_number, textable="yes")
    question = messages.latest_program_text(session, number.id, since=now(session) - REMEMBER)
    patient = _who(session, number, question)
    message = messages.receive(
        session,
        number_id=number.id,
        body=arrived.body,
        sid=arrived.sid,
        patient_id=patient.id if patient else None,
        enrollment_id=question.enrollment_id if question else None,
    )
    number.last_inbound_at = now(session)
    reading = readings.read(
        session, message, arrived.body, context=readings.context(session, question), patient=patient
    )
    silent = bool(numbers.suppressed(session, [number.id]))
    wishes = understood(arrived.body) if patient is not None else ()
    heard = Heard(
        message,
        number,
        patient,
        question,
        reading,
        silent,
        arrived.carrier_did,
        wishes=wishes,
        is_bare_k=_is_k(arrived.body),
    )
    _route(session, heard, media=arrived.media)
    relay.heard(session, message)
    return True


def receive_form(session: Session, message: Message, words: str, *, context: str | None, event: Event) -> None:
    """Take what a form says: its free `words` down the same path as a text, and `event` to the program that asked.

    The message is written already; its number is locked.
    """
    if not words:
        _form(session, message, event)
        return
    number = numbers.lock(session, message.number_id)
    patient = session.scalar(select(Patient).where(Patient.org_id == org_of(session), Patient.id == message.patient_id))
    reading = readings.read(session, message, words, context=context, patient=patient)
    silent = bool(numbers.suppressed(session, [number.id]))
    _route(session, Heard(message, number, patient, None, reading, silent, None, form=event), media=0)


def _who(session: Session, number: PhoneNumber, question: Message | None) -> Patient | None:
    """The patient of the open question; else the only one on this number; else nobody, and a person finds out."""
    household = numbers.patients_of(session, number.id) or proxies.patients_of(session, number.id)
    if question is not None and question.patient_id:
        return next((p for p in household if p.id == question.patient_id), None) or session.scalar(
            select(Patient).where(Patient.org_id == org_of(session), Patient.id == question.patient_id)
        )
    return household[0] if len(household) == 1 else None


def _keep_the_visit(session: Session, heard: Heard) -> None:
    """ "Yes 3pm works but my incision is leaking": the visit is kept, before the danger makes every program stand still."""
    asked = heard.message.enrollment_id
    if "confirm" not in heard.reading.intents or heard.stopping or _silencing(heard) or heard.form is not None:
        return
    if asked is not None and asked in enrollments.live_of(session, number_id=heard.number.id):
        enrollments.hear(session, asked, Event(EventKind.REPLY, intents=("confirm",)))


def _route(session: Session, heard: Heard, *, media: int) -> None:
    """What ends all automation, and danger before everything; then the wish to be left alone, the program's question, a person."""
    resting.answered(session, heard.patient.id if heard.patient else None, heard.number.id)
    ended = _silencing(heard)
    if ended:
        _silence(session, heard)
    if heard.flagged:
        _flag(session, heard)
    if ended:
        return
    if heard.stopping:
        _stop(session, heard)
    elif heard.carrier_did == "START" or ("opt_in" in heard.reading.intents and (heard.suppressed or _keyword(heard))):
        consent.opt_in(session, heard.message, language=heard.language)
    elif not _asked_who(session, heard) and not _misdirected(session, heard):
        _answer(session, heard, media=media)
        handing_over.promised(session, heard)


def _flag(session: Session, heard: Heard) -> None:
    """A clinical case, and the fixed text where one may follow. To news of a death only a wish to die is answered."""
    reading = heard.reading
    _keep_the_visit(session, heard)
    mourning = "deceased" in reading.intents and "mental_health" not in reading.intents
    safety.raise_flag(
        session, heard.message, reading.urgency, language=heard.language, intents=reading.intents,
        rule=reading.evidence[0].rule if reading.evidence else reading.urgency.value,
        suppressed=heard.suppressed or heard.stopping or mourning,
    )  # fmt: skip


def _answer(session: Session, heard: Heard, *, media: int) -> None:
    """What is neither a danger alone nor a matter of whether we may write at all."""
    if heard.only_asks_who and heard.patient is None and not heard.flagged:
        handing_over.to_person(session, heard)
    elif "help" in heard.reading.intents and not heard.flagged and heard.form is None:
        if heard.carrier_did != "HELP" and not heard.suppressed:
            answers.answer(session, heard.message, "help", language=heard.language)
    elif heard.flagged:
        if SCHEDULING & set(heard.reading.intents):
            handing_over.to_person(session, heard)
    elif heard.form is None and relay.takes(session, heard.message):
        return
    elif media and not heard.reading.intents:
        handing_over.to_person(session, heard)
    elif heard.form is not None or not _approved(session, heard):
        _continue(session, heard)


def _silencing(heard: Heard) -> bool:
    """Whether it tells of a death or speaks of law: no automated word may follow it."""
    return "deceased" in heard.reading.intents or heard.names(silence.LEGAL)


def _silence(session: Session, heard: Heard) -> None:
    """What ends the programs is the death or the threat, even where they also write that texts shall stop; nothing is confirmed."""
    end = silence.deceased if "deceased" in heard.reading.intents else silence.legal
    end(session, heard.message)
    if heard.stopping:
        source = "carrier" if heard.carrier_did == "STOP" else "patient"
        consent.opt_out(session, heard.message, source=source, confirm=False, language=heard.language)


def _asked_who(session: Session, heard: Heard) -> bool:
    """Whether a patient only asked who writes: the clinic, its phone and how to end it, and no name of theirs."""
    if heard.patient is None or heard.flagged or not heard.only_asks_who:
        return False
    if heard.suppressed or set(heard.reading.intents) - ONLY_ASKING:
        return False
    answers.answer(session, heard.message, "who_we_are", language=heard.language)
    return True


def _misdirected(session: Session, heard: Heard) -> bool:
    """Whether it was about a wrong number: a digit records it at once, words are read back first (S31)."""
    language = heard.language
    if doubts.settled(session, heard.message, heard.number, reading=heard.reading, language=language):
        return True
    if heard.reading.choice == STOP_CHOICE and heard.question is None:
        consent.wrong_number(session, heard.message, language=language)
        return True
    if "wrong_number" not in heard.reading.intents or heard.only_asks_who:
        return False
    if not heard.suppressed:
        doubts.open_one(session, heard.message, heard.number, language=language)
    return True


def _approved(session: Session, heard: Heard) -> bool:
    """Whether the library of approved answers took it (S23); nobody who wants no texts is answered by it."""
    if heard.suppressed:
        return False
    body = messages.body(session, heard.message)
    return library.reply(session, library.Asked(heard.message, heard.reading, heard.language, body))


def _keyword(heard: Heard) -> bool:
    """Whether the whole text is a carrier word: START and JOIN opt in by themselves, a sentence only what was stopped (R6)."""
    return any(evidence.rule.startswith("keyword.") for evidence in heard.reading.evidence)


def _stop(session: Session, heard: Heard) -> None:
    source = "carrier" if heard.carrier_did == "STOP" else "patient"
    named = not _keyword(heard) and opt_out_scope.only_marketing(readings.words(session, heard.message))
    consent.opt_out(
        session, heard.message, source=source, confirm=heard.carrier_did != "STOP", language=heard.language,
        marketing_only=named and heard.carrier_did is None,
    )  # fmt: skip
    if "cancel" in heard.reading.intents:
        consent.may_have_meant_the_visit(session, heard.message)


def _continue(session: Session, heard: Heard) -> None:
    """The reply goes to the program that asked, unless the reading is unsure: then a person reads it."""
    if heard.form is not None:
        if not _form(session, heard.message, heard.form) and _wants_something(heard.reading):
            handing_over.to_person(session, heard)
        return
    stranger = proxies.is_stranger(session, heard.patient, heard.number.id, intents=heard.reading.intents)
    if stranger or "hostile" in heard.reading.intents:
        handing_over.to_person(session, heard)
        return
    if heard.is_bare_k:
        return
    if heard.wishes and heard.patient is not None:
        preferences.keep(session, heard.patient.id, heard.wishes, source="patient")
        if not heard.by_phone:
            answers.answer(session, heard.message, "wish_kept", language=heard.language)
            return
    running = which_visit.asked(session, heard.question)
    if running:
        _household(session, heard, running)
        return
    live = heard.message.enrollment_id in enrollments.live_of(session, number_id=heard.number.id)
    if not live or heard.message.enrollment_id is None:
        _unasked(session, heard)
        return
    if heard.reading.review and heard.reading.choice is None:
        handing_over.to_person(session, heard)
        return
    result = enrollments.hear(session, heard.message.enrollment_id, _reply(session, heard))
    if any(isinstance(effect, Unmatched) for effect in result.effects):
        if set(heard.reading.intents) - CLOSED or heard.reading.review or not heard.reading.intents:
            handing_over.to_person(session, heard)
        return
    _acknowledge(session, heard, result)


def _form(session: Session, message: Message, event: Event) -> bool:
    """The program hears of its form; whether that, or a low score, became a case."""
    opened = False
    if message.enrollment_id in enrollments.live_of(session, number_id=message.number_id):
        result = enrollments.hear(session, message.enrollment_id, event)
        opened = any(isinstance(effect, OpenCase) for effect in result.effects)
    if not opened and event.score is not None and event.score <= LOW_SCORE:
        _low_score(session, message, event.score)
        return True
    return opened


def _wants_something(reading: Reading) -> bool:
    return bool(set(reading.intents) - CLOSED - {"other"}) or reading.review


def _low_score(session: Session, message: Message, score: int) -> None:
    """A low score that no program turned into a case (it came late, or nobody waited for it): somebody calls (S70)."""
    cases.open_one(
        session,
        cases.Opening(
            kind="low_score",
            team="front_office",
            reason="low_score",
            priority="high",
            due="1 business day",
            dedupe_key=f"msg:{message.id}:low_score",
            asked=f"score {score}",
            patient_id=message.patient_id,
            number_id=message.number_id,
            enrollment_id=message.enrollment_id,
            message_id=message.id,
        ),
    )


def _reply(session: Session, heard: Heard) -> Event:
    """What the program hears; who asks to be called at certain hours asks for a call, not for another visit (S38)."""
    intents, asked = heard.reading.intents, readings.asked(session, heard.message, heard.reading, patient=heard.patient)
    if heard.by_phone:
        intents = ("human", *(intent for intent in intents if intent not in SCHEDULING))
        asked = Asked(None, None, None, heard.message.id)
    return Event(EventKind.REPLY, intents=intents, choice=heard.reading.choice, score=heard.reading.score, asked=asked)


def _household(session: Session, heard: Heard, running: Sequence[Enrollment]) -> None:
    """The text asked for several visits: the reply goes to those it means, or we ask which (N5)."""
    answered = which_visit.chosen(session, heard.number.id, heard.reading.choice, running)
    event = answered[1] if answered else _reply(session, heard)
    meant = answered[0] if answered else which_visit.meant(running, event)
    if heard.reading.review and heard.reading.choice is None:
        handing_over.to_person(session, heard)
    elif meant is None:
        which_visit.ask_which(session, heard.message, running, language=heard.language)
    else:
        results = [enrollments.hear(session, enrollment_id, event) for enrollment_id in meant]
        if any(isinstance(effect, Unmatched) for result in results for effect in result.effects):
            handing_over.to_person(session, heard)
        else:
            kept = all(result.state.outcome == "confirmed" for result in results)
            after_hours.answer(
                session, heard.message, "thanks" if kept else "reschedule_ack", patient=heard.patient,
                language=heard.language,
            )  # fmt: skip


def _unasked(session: Session, heard: Heard) -> None:
    """Nothing is being asked: thanks stay thanks, anything that wants something gets a person."""
    wants = set(heard.reading.intents) - CLOSED
    if wants or heard.reading.review or heard.reading.choice == handing_over.SECOND_CHOICE or not heard.reading.intents:
        handing_over.to_person(session, heard)


def _acknowledge(session: Session, heard: Heard, result: Result) -> None:
    """One short answer to what the program just did with the reply, unless a step of it answers."""
    key = acknowledgement(result)
    if key in BY_A_PERSON:
        after_hours.answer(session, heard.message, key, patient=heard.patient, language=heard.language)
    elif key:
        answers.answer(session, heard.message, key, language=heard.language)


def acknowledgement(result: Result) -> str | None:
    """Which of the organisation's texts answers what the program did with a reply."""
    opened = [effect.kind for effect in result.effects if isinstance(effect, OpenCase)]
    if opened:
        return ACKNOWLEDGED.get(opened[-1], "person_ack")
    return {"declined": "closed", "confirmed": "confirmed"}.get(result.state.outcome or "")


def _is_k(body: str) -> bool:
    """Whether it is nothing but a "k": it confirms nothing and starts nothing."""
    return body.strip().strip(".!").lower() in ("k", "kk")
