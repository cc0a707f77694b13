"""What an organisation has decided about its texts: a setting tightens freely; only a manager loosens it again (T2, S37)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from storage import audit
from storage.db import org_of
from workflows import surroundings
from workflows.business_time import WEEKDAYS_8_TO_17, OfficeHours
from workflows.roles import Verb, demand
from workflows.staff import Who
from workflows.windows import DEFAULT_HOURS, Hours
from workflows.wishes import Wishes

KEY = "sending"
ADAPTERS = frozenset({"text"})  # channels Careloop can send by itself today
NARROW_UNTIL = date(2027, 1, 31)  # R5: from here an opt-out revokes everything, whatever an organisation has set


@dataclass(frozen=True, slots=True)
class Rules:
    """`channels`: the allow-list. `neutral_sender` stands for the brand where the brand would tell too much (P7).

    `opt_out_scope` "marketing" lets STOP to a marketing text stop marketing only; STOP to anything else stops all (R5).
    """

    hours: Hours = DEFAULT_HOURS
    office: OfficeHours = WEEKDAYS_8_TO_17
    channels: frozenset[str] = ADAPTERS
    neutral_sender: str | None = None
    opt_out_scope: str = "all"


DEFAULT = Rules()


def of(session: Session) -> Rules:
    """The organisation's rules, read once a transaction. Raises Misconfigured."""
    known: Rules | None = session.info.get("sending_rules")
    if known is None:
        known = parse(surroundings.organisation_of(session).settings.get(KEY, {}))
        session.info["sending_rules"] = known
    return known


def parse(raw: Mapping[str, Any]) -> Rules:
    """Read what stands in the organisation's settings. Raises Misconfigured, naming what is wrong."""
    unknown = sorted(raw.keys() - WORDS)
    if unknown:
        raise Misconfigured(f"Unknown sending setting: {', '.join(unknown)}", fix=f"Known: {', '.join(sorted(WORDS))}.")
    try:
        edges = {edge: time.fromisoformat(raw.get(edge) or getattr(DEFAULT_HOURS, edge).isoformat()) for edge in EDGES}
        hours = Hours(
            edges["opens"],
            edges["closes"],
            edges["sunday_opens"],
            edges["sunday_closes"],
            holidays=bool(raw.get("holidays", False)),
            closed_days=frozenset(date.fromisoformat(day) for day in raw.get("closed_days", ())),
        )
        office = OfficeHours(
            opens=time.fromisoformat(raw.get("office_opens", "08:00")),
            closes=time.fromisoformat(raw.get("office_closes", "17:00")),
        )
    except (TypeError, ValueError) as error:
        raise Misconfigured(
            f"A sending setting cannot be read: {error}", fix="Times like 09:30, days like 2026-12-24."
        ) from error
    scope, channels = raw.get("opt_out_scope", "all"), frozenset(raw.get("channels", ADAPTERS))
    if scope not in ("all", "marketing"):
        raise Misconfigured(f"opt_out_scope is '{scope}'", fix="Set it to all or marketing.")
    return Rules(hours, office, channels, raw.get("neutral_sender") or None, scope)


EDGES = ("opens", "closes", "sunday_opens", "sunday_closes")
WORDS = frozenset(
    {*EDGES, "holidays", "closed_days", "channels", "neutral_sender", "opt_out_scope", "office_opens", "office_closes"}
)


def change(session: Session, *, by: Who, **settings: Any) -> Rules:
    """Set some of the organisation's rules; Refused for who may not, and for loosening by anybody but a manager."""
    organisation = surroundings.organisation_of(session)
    before = of(session)
    raw = {**organisation.settings.get(KEY, {}), **settings}
    try:
        after = parse(raw)
    except Misconfigured as error:
        raise Refused(f"{error.what}. {error.fix} Nothing was changed.") from error
    demand(by.role, Verb.LAUNCH if loosens(before, after) else _mine(by))
    organisation.settings = {**organisation.settings, KEY: raw}
    session.flush()
    session.info.pop("sending_rules", None)
    audit.record(
        session, "sending_rules.changed", actor=by.actor, subject=("organisation", org_of(session)),
        before=str(organisation.settings.get(KEY, {})), after=str(settings),
    )  # fmt: skip
    return after


def hours(rules: Rules, wishes: Wishes) -> Hours:
    """The house's window with the patient's own wish in it."""
    return replace(rules.hours, prefers=wishes.texts) if wishes.texts else rules.hours


def loosens(before: Rules, after: Rules) -> bool:
    """Whether any text could leave under `after` that could not under `before`."""
    old, new = before.hours, after.hours
    return (
        new.opens < old.opens
        or new.closes > old.closes
        or new.sunday_opens < old.sunday_opens
        or new.sunday_closes > old.sunday_closes
        or (old.holidays and not new.holidays)
        or not old.closed_days <= new.closed_days
        or not after.channels <= before.channels
        or (before.opt_out_scope == "all" and after.opt_out_scope != "all")
    )


def problems(rules: Rules, today: date) -> list[str]:
    """What the start-up check says about an organisation's rules: settings the law has overtaken, channels nobody carries."""
    found: list[str] = []
    if rules.opt_out_scope != "all" and today >= NARROW_UNTIL:
        found.append("opt_out_scope narrows an opt-out, which is not allowed from 2027-01-31 on: set it to all")
    missing = sorted(rules.channels - ADAPTERS)
    if missing:
        found.append(f"allowed channels without an adapter: {', '.join(missing)}; a person makes those touches")
    return found


def _mine(by: Who) -> Verb:
    return Verb.SETTINGS if by.role.value == "admin" else Verb.LAUNCH
