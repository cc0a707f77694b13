"""Find a patient who is on the phone: search, choose, see, act; at level none a one-time link to the page that does the same."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot import home_face
from bot.blocks import View
from bot.card_facts import age_band
from bot.modals import lookup as form
from bot.modals import lookup_acts as acts
from core import ids
from core.errors import Refused
from handlers.edge import Act, After, Click, OpenPage, Replace, Show
from handlers.pages import moments, views, words
from storage.db import now
from workflows import lookup, lookup_acts, page_access, sensitive, surroundings
from workflows.lookup import Found, Hit
from workflows.staff import Who

CLOSED = "Slack may not show patients here any more. Press Find a patient for the page."
PROTECTED = "Slack may not show this patient. Find and choose the patient again: the page opens instead."


def find(session: Session, _click: Click, who: Who) -> After:
    """The button and the shortcut: the search, or the link to the page's."""
    lookup.allowed(who)
    if _level(session) == "none":
        return _page(session, who)
    return Show(form.search())


def search(session: Session, click: Click, who: Who) -> After:
    """What was typed goes into the look-up and nowhere else."""
    level = _seen(session)
    hits = lookup.search(session, lookup.Asked(**form.parse_submission(click.view)), by=who)
    rows = [form.Row(ids.show("pat", hit.id), line(session, hit, level)) for hit in hits]
    return Replace(form.results(rows))


def choose(session: Session, click: Click, who: Who) -> After:
    """Her window; the link to the page where her history would tell of something protected."""
    lookup.allowed(who)
    if _protected(session, click.value):
        return _page(session, who)
    return Show(_window(session, click.value, who))


def ask_stop(session: Session, click: Click, who: Who) -> After:
    """Who asks that everything stops?"""
    _about(session, click, who)
    return Show(acts.stop(click.value, lookup_acts.WHO))


def ask_program(session: Session, click: Click, who: Who) -> After:
    """Which program, and how?"""
    _about(session, click, who)
    running = lookup.running(session, ids.parse("pat", click.value))
    if not running:
        raise Refused("No program is running any more. Nothing was changed.")
    return Show(acts.program(click.value, [(ids.show("enr", one.id), one.title) for one in running], lookup_acts.HOW))


def ask_number(session: Session, click: Click, who: Who) -> After:
    """Which number?"""
    _about(session, click, who)
    return Show(acts.number(click.value))


def ask_language(session: Session, click: Click, who: Who) -> After:
    """Which language?"""
    _about(session, click, who)
    return Show(acts.language(click.value, lookup_acts.LANGUAGES))


def stop(session: Session, click: Click, who: Who) -> After:
    """On her word: nothing more is texted."""
    patient, said_by = acts.stop_said(click.view)
    done = lookup_acts.stop_texts(session, ids.parse("pat", patient), said_by=said_by, by=who)
    return _after(session, patient, who, done)


def program(session: Session, click: Click, who: Who) -> After:
    """One program pauses or ends."""
    patient, enrollment, how = acts.program_said(click.view)
    done = lookup_acts.stop_program(session, ids.parse("pat", patient), ids.parse("enr", enrollment), how=how, by=who)
    return _after(session, patient, who, done)


def number(session: Session, click: Click, who: Who) -> After:
    """A case asks the chart for it."""
    patient, said = acts.number_said(click.view)
    return _after(session, patient, who, lookup_acts.new_number(session, ids.parse("pat", patient), said, by=who))


def language(session: Session, click: Click, who: Who) -> After:
    """At once, or a case asks the chart for it."""
    patient, said = acts.language_said(click.view)
    return _after(session, patient, who, lookup_acts.set_language(session, ids.parse("pat", patient), said, by=who))


def history(session: Session, found: Found, *, kinds: bool = True) -> list[tuple[str, str]]:
    """Her history as (label, sentence); without `kinds` a visit is its time alone."""
    at = moments.Moments(session)
    last, coming = (
        views.visit_words(visit, at, kind=kinds) or "none known" for visit in (found.last_visit, found.next_visit)
    )
    texts = "; ".join(
        f"{at.near(text.sent_at or text.created_at)} {'from' if text.direction == 'in' else 'to'} the patient: "
        f"{views.fate(text, at)}"
        for text in found.texts
    )
    cases = "; ".join(
        f"case {one.number}, {words.kind(one.kind)}, due {at.near(one.due_at)}, {one.owner or 'nobody'}"
        for one in found.cases
    )
    programs = "\n".join(
        f"{one.title}: {one.state}. {one.next_text or (f'Next step {at.near(one.wake_at)}.' if one.wake_at else '')}"
        for one in found.running
    )
    return [
        ("Visits", f"Last: {last}. Next: {coming}."),
        ("Texts", _may(found)),
        ("Open programs", programs or "none"),
        ("Last texts", texts or "none"),
        ("Open cases", cases or "none"),
    ]


def _may(found: Found) -> str:
    language = words.language(found.person.language)
    if not found.hit.contactable:
        return f"Not to be contacted: the chart says so. Language: {language}."
    stopped = "Stopped: opted out" if found.stopped else "Allowed" if found.numbers else "No number on file"
    return f"{stopped}. Language: {language}."


def _after(session: Session, patient: str, who: Who, done: str) -> After:
    if _level(session) == "none":
        raise Refused(CLOSED)
    if _protected(session, patient):
        raise Refused(PROTECTED)
    return Replace(_window(session, patient, who, done=done))


def _window(session: Session, patient: str, who: Who, *, done: str = "") -> View:
    level = _seen(session)
    found = lookup.see(session, ids.parse("pat", patient), by=who)
    lines: Sequence[tuple[str, str]] = history(session, found, kinds=level == "full")
    face = form.Face(patient, line(session, found.hit, level), lines, done, bool(found.running))
    return form.window(face)


def _about(session: Session, click: Click, who: Who) -> None:
    lookup.allowed(who)
    _seen(session)
    if _protected(session, click.value):
        raise Refused(PROTECTED)


def _page(session: Session, who: Who) -> OpenPage:
    return OpenPage(f"/open/{page_access.make_link(session, who=who, case_id=None)}/patients", form.TITLE)


def _protected(session: Session, patient: str) -> bool:
    return sensitive.of_patient(session, lookup.patient(session, ids.parse("pat", patient)))


def line(session: Session, hit: Hit, level: str) -> str:
    """Initials and an age band; the name where Slack may see it."""
    who = hit.name if level == "full" else hit.initials
    return ", ".join(part for part in (who, age_band(hit.birth_year, now(session))) if part)


def _level(session: Session) -> str:
    return surroundings.organisation_of(session).phi_level


def _seen(session: Session) -> str:
    level = _level(session)
    if level == "none":
        raise Refused(CLOSED)
    return level


ACTIONS: dict[str, Act] = {
    home_face.FIND: find,
    form.AGAIN: find,
    **dict.fromkeys(form.CHOOSE, choose),
    form.STOP: ask_stop,
    form.PROGRAM: ask_program,
    form.NUMBER: ask_number,
    form.LANGUAGE: ask_language,
}
FORMS: dict[str, Act] = {
    form.CALLBACK: search,
    acts.STOP: stop,
    acts.PROGRAM: program,
    acts.NUMBER: number,
    acts.LANGUAGE: language,
}
