"""One line of the routing table, the queue for what has none, the fallback channel, and a question to the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.blocks import Block, View, begun, checkboxes, clip, context, input_block, option, static_select
from bot.modals import settings
from bot.modals.frame import Submit, chosen, chosen_if_any, chosen_many

LINE, PLACES, PROBE = "settings.route.submit", "settings.route.places.submit", "settings.route.probe.submit"
NEW = "new"
OFFERED, WORDS_SHOWN = 40, 40  # a window holds 12,000 characters
HOURS = (("At any time", "any"), ("In team hours", "in"), ("Outside team hours", "out"))
LANGUAGES = (("English", "en"), ("Spanish", "es"))

_NAME = "settings.route."
_OPTIONAL = (
    ("kind", "Kind of case", "Any kind"),
    ("program", "Program", "Any program, or none"),
    ("site", "Site", "Any site"),
    ("language", "Patient's language", "Any language"),
)
_GONE = "gone"

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be picked: (words, code)."""

    kinds: Pairs
    programs: Pairs
    sites: Pairs
    teams: Pairs


@dataclass(frozen=True, slots=True)
class Line:
    """Codes, empty for whatever a line does not name. `gone`: take it away."""

    kind: str = ""
    program: str = ""
    site: str = ""
    language: str = ""
    hours: str = "any"
    team: str = ""
    backup: str = ""
    gone: bool = False


def line(about: str, shown: Line, offered: Offered, *, mark: str) -> View:
    """The form of one line, filled in; `about` is its id, or NEW."""
    blocks = [
        *_what(shown, offered),
        _pick("hours", "When", HOURS, shown.hours),
        _pick("team", "Goes to", offered.teams, shown.team, empty="The team that the case asks for", optional=True),
        _pick("backup", "While that team cannot take it", offered.teams, shown.backup, empty="It waits", optional=True),
        context(
            "Clinical cases go to clinical teams only. A team cannot take one outside its hours, without a channel, or with nobody on duty."
        ),
    ]
    if about != NEW:
        boxes = checkboxes(_NAME + _GONE, [option("Take this line away", _GONE)])
        blocks.append(input_block("Remove", _NAME + _GONE, element=boxes, optional=True))
    return settings.form("Routing line", blocks, about=f"{about}:{mark}", submit=Submit("Save", LINE))


def parse_line(view: Mapping[str, Any]) -> tuple[str, str, Line]:
    """(the line's id or NEW, the mark, what was picked); Refused when it is not one of ours."""
    about, mark = settings.subject(view, LINE)
    team, backup = (chosen_if_any(view, _NAME + name) or "" for name in ("team", "backup"))
    gone = about != NEW and _GONE in chosen_many(view, _NAME + _GONE)
    return about, mark, replace(_parsed(view), team=team, backup=backup, gone=gone)


def places(default: str, fallback: str, teams: Pairs, *, mark: str) -> View:
    """Where cases go that have no line, and whose channel stands in for one that takes no cards."""
    blocks = [
        _pick(
            "default",
            "Cases without a line go to",
            teams,
            default,
            empty="The team that the case asks for",
            optional=True,
        ),
        _pick(
            "fallback", "Channel that stands in", teams, fallback, empty="None: cards wait on the page", optional=True
        ),
        context(
            "The second is for a channel that is archived, public, shared or gone. Invite everybody into it who may need it."
        ),
    ]
    return settings.form("Default and fallback", blocks, about=f"places:{mark}", submit=Submit("Save", PLACES))


def parse_places(view: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    """(the mark, the default queue's code, the fallback team's code)."""
    _, mark = settings.subject(view, PLACES)
    return mark, chosen_if_any(view, _NAME + "default"), chosen_if_any(view, _NAME + "fallback")


def probe(shown: Line, offered: Offered) -> View:
    """Where would this go?"""
    kind = _pick("kind", "Kind of case", offered.kinds, shown.kind)
    asked = _pick("team", "Its program asks for", offered.teams, shown.team)
    blocks = [kind, asked, *_what(shown, offered)[1:], _pick("hours", "When", HOURS[1:], shown.hours)]
    return settings.form("Where would this go?", blocks, about="probe:-", submit=Submit("Ask", PROBE))


def parse_probe(view: Mapping[str, Any]) -> Line:
    """What was asked about."""
    settings.subject(view, PROBE)
    asked = chosen(view, _NAME + "team", ask="Pick the team that its program asks for.")
    return replace(_parsed(view), team=asked)


def _what(shown: Line, offered: Offered) -> list[Block]:
    pairs = (offered.kinds, offered.programs, offered.sites, LANGUAGES)
    return [
        _pick(name, label, offer, getattr(shown, name), empty=empty, optional=True)
        for (name, label, empty), offer in zip(_OPTIONAL, pairs, strict=True)
        if offer
    ]


def _pick(name: str, label: str, offer: Pairs, value: str, *, empty: str = "Pick one", optional: bool = False) -> Block:
    options = [option(clip(words, WORDS_SHOWN), code) for words, code in offer[:OFFERED]]
    element = begun(static_select(_NAME + name, options, placeholder=empty), value)
    return input_block(label, _NAME + name, element=element, optional=optional)


def _parsed(view: Mapping[str, Any]) -> Line:
    kind, program, site, language = (chosen_if_any(view, _NAME + name) or "" for name, _, _ in _OPTIONAL)
    return Line(kind, program, site, language, chosen(view, _NAME + "hours", ask="Pick when."))
