"""Which team gets which case, and whose channel stands in."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.blocks import View, escape
from bot.modals import settings as list_form
from bot.modals import settings_routing as form
from bot.modals.settings import Line
from core import ids
from core.errors import Refused
from handlers.edge import After, Click, Replace, Show
from handlers.pages.words import KINDS
from handlers.settings.area import Area
from storage.db import org_of
from storage.tables import ProgramRow, Site
from workflows import channel_checks, channels, routing, routing_rules, surroundings
from workflows.organising import changes, teams
from workflows.organising.changes import By
from workflows.roles import Verb, demand
from workflows.routing import Combination, Rule
from workflows.routing_rules import HOURS_WORDS, Wanted
from workflows.staff import Who

TITLE = "Routing"
EDIT, PLACES, PROBE = "settings.route.edit", "settings.route.places", "settings.route.probe"
SHOWN, GAPS_SHOWN = 30, 4
LANGUAGES = {"en": "English", "es": "Spanish"}
ASKED_FOR = "the team that the case asks for"


def window(session: Session, _who: Who | None = None, *, said: str = "") -> View:
    """The table in the order in which it is asked, what came up without a line, and the buttons."""
    rules, sites = routing_rules.lines(session), _sites(session)
    lines = [
        Line("Without a line, and when a channel fails", _places(session), PLACES),
        Line("Where would this go?", "Ask the table before a case does.", PROBE, label="Ask"),
        Line("Another line", "Off until there is one." if not rules else "The most specific line wins.", _edit(0), form.NEW, "Add"),
        *(
            Line(_named(rule, sites), _to(rule), _edit(n), ids.show("rul", rule.id))
            for n, rule in enumerate(rules[:SHOWN], start=1)
        ),
        *(
            Line(f"No line yet: {_named(gap.case, sites)}", "It goes to the default queue.")
            for gap in routing_rules.gaps(session)[:GAPS_SHOWN]
        ),
    ]  # fmt: skip
    more = len(rules) - SHOWN
    below = f"{more} more lines: see the organisation file." if more > 0 else ""
    return list_form.page(TITLE, lines, said=said, back=list_form.OPEN, below=below)


def edit(session: Session, click: Click, who: Who) -> After:
    """A line's button: the form, filled in."""
    demand(who.role, Verb.SETTINGS)
    offered = _offered(session)
    if click.value == form.NEW:
        return Show(form.line(form.NEW, form.Line(), offered, mark=changes.mark(None)))
    rule = next((one for one in routing_rules.lines(session) if ids.show("rul", one.id) == click.value), None)
    if rule is None:
        raise Refused("That line was taken away meanwhile. Nothing was changed.")
    ehr = {site: code for code, site in _site_ids(session).items()}
    shown = form.Line(
        rule.kind or "", rule.program or "", ehr.get(rule.site, "") if rule.site else "", rule.language or "",
        rule.hours, rule.team.code if rule.team else "", rule.backup.code if rule.backup else "",
    )  # fmt: skip
    return Show(form.line(click.value, shown, offered, mark=routing_rules.mark(session, rule.id)))


def save(session: Session, click: Click, who: Who) -> After:
    """The form's Save."""
    demand(who.role, Verb.SETTINGS)
    about, mark, picked = form.parse_line(click.view)
    wanted = Wanted(
        picked.kind or None, picked.program or None, picked.site or None, picked.language or None, picked.hours,
        picked.team or None, picked.backup or None,
    )  # fmt: skip
    if about == form.NEW:
        routing_rules.add(session, wanted, by=who)
    elif picked.gone:
        routing_rules.remove(session, ids.parse("rul", about), by=who)
        return Replace(window(session, said="The line is gone. Open cases stay where they are."))
    else:
        routing_rules.change(session, ids.parse("rul", about), wanted, by=who, seen=mark)
    return Replace(window(session, said="The line is saved. It counts for new cases; open ones stay where they are."))


def places(session: Session, _click: Click, who: Who) -> After:
    """The default queue and the fallback channel."""
    demand(who.role, Verb.SETTINGS)
    default, fallback = _set(session)
    return Show(form.places(default, fallback, _teams(session), mark=changes.mark([default, fallback])))


def save_places(session: Session, click: Click, who: Who) -> After:
    """The form's Save."""
    demand(who.role, Verb.SETTINGS)
    mark, default, fallback = form.parse_places(click.view)
    changes.lock(session)
    if mark != changes.mark(list(_set(session))):
        raise Refused("A colleague changed this after you opened it. Nothing of yours was saved. Open it again.")
    routing_rules.set_default(session, default, by=who)
    channel_checks.set_fallback(session, fallback, by=By(who.actor))
    return Replace(window(session, said="Saved. Cards that wait for a channel go to the fallback channel now."))


def ask(session: Session, _click: Click, who: Who) -> After:
    """The question's form."""
    demand(who.role, Verb.SETTINGS)
    return Show(form.probe(form.Line(hours="in"), _offered(session)))


def answer(session: Session, click: Click, who: Who) -> After:
    """Where a case like this would go, by which line, and who would have it this minute."""
    demand(who.role, Verb.SETTINGS)
    said = form.parse_probe(click.view)
    site = _site_ids(session).get(said.site) if said.site else None
    case = Combination(said.kind, said.program or None, site, said.language or None, said.hours)
    choice, at_once = routing.probe(session, case, said.team)
    sites = _sites(session)
    why = (
        f"By the line “{_named(choice.rule, sites)}”."
        if choice.rule
        else "No line fits: the admins would be told once."
    )
    if not routing.load(session).rules:
        why = "The table has no line, so it is off."
    spare = f" While that team cannot take it: {choice.backup.name}." if choice.backup else ""
    now = "" if at_once == choice.team else f" This minute it would be {at_once.name}."
    words = f"*{escape(_named(case, sites))}*\nGoes to *{escape(choice.team.name)}*. {escape(why + spare + now)}"
    lines = [Line("Answer", words), Line("Another question", "", PROBE, label="Ask")]
    return Replace(list_form.page("Where would this go?", lines, back=AREA.action))


def _named(what: Combination | Rule, sites: dict[UUID, str]) -> str:
    kind, site = KINDS.get(what.kind or "", what.kind), sites.get(what.site) if what.site else None
    named = (kind, what.program, site, LANGUAGES.get(what.language or ""))
    said = [one for one in named if one] + ([HOURS_WORDS[what.hours]] if what.hours != "any" else [])
    return " · ".join(said) or "Every case"


def _to(rule: Rule) -> str:
    spare = f", else {rule.backup.name}" if rule.backup else ""
    return f"→ {escape((rule.team.name if rule.team else ASKED_FOR) + spare)}"


def _places(session: Session) -> str:
    names = {team.code: team.name for team in teams.every(session)}
    default, fallback = _set(session)
    stands_in = f"the channel of {names.get(fallback, fallback)}" if fallback else "none: cards wait on the page"
    return escape(f"No line: {names.get(default, default) if default else ASKED_FOR}. Fallback channel: {stands_in}.")


def _set(session: Session) -> tuple[str, str]:
    fallback = surroundings.organisation_of(session).settings.get(channels.FALLBACK)
    return routing_rules.default_of(session) or "", str(fallback or "")


def _offered(session: Session) -> form.Offered:
    programs = select(ProgramRow.title, ProgramRow.code).where(ProgramRow.org_id == org_of(session))
    found = [(title, code) for title, code in session.execute(programs.order_by(ProgramRow.title, ProgramRow.code))]
    kinds = sorted((words, kind) for kind, words in KINDS.items() if kind in routing.KINDS)
    names = select(Site.name, Site.ehr_id).where(Site.org_id == org_of(session), Site.ehr_id.is_not(None))
    sites = [(name, str(code)) for name, code in session.execute(names.order_by(Site.name))]
    return form.Offered(kinds, found, sites, _teams(session))


def _teams(session: Session) -> list[tuple[str, str]]:
    return [(f"{team.name}{' (clinical)' if team.clinical else ''}", team.code) for team in teams.every(session)]


def _sites(session: Session) -> dict[UUID, str]:
    rows = session.execute(select(Site.id, Site.name).where(Site.org_id == org_of(session)))
    return {row.id: row.name for row in rows}


def _site_ids(session: Session) -> dict[str, UUID]:
    rows = session.execute(select(Site.ehr_id, Site.id).where(Site.org_id == org_of(session), Site.ehr_id.is_not(None)))
    return {str(row.ehr_id): row.id for row in rows}


def _edit(place: int) -> str:
    return f"{EDIT}.{place}"


def _summary(session: Session) -> str:
    count, open_gaps = len(routing_rules.lines(session)), len(routing_rules.gaps(session))
    warn = f" · :warning: {open_gaps} without a line" if open_gaps else ""
    return f"{count} line{'s' if count != 1 else ''}{warn}" if count else "Off: cases go where their program says."


AREA = Area(
    code="routing",
    title=TITLE,
    stands=_summary,
    window=window,
    actions={PLACES: places, PROBE: ask, **{_edit(place): edit for place in range(SHOWN + 1)}},
    forms={form.LINE: save, form.PLACES: save_places, form.PROBE: answer},
)
