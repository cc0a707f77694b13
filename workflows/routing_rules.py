"""The routing table as admins keep it: lines added, changed and taken away, each checked before it counts, each audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from core.ids import show
from storage import audit
from storage.db import now, org_of
from storage.tables import Organisation, ProgramRow, RoutingGap, RoutingRule, Site, Team
from workflows import cases, on_call, paging, routing, surroundings
from workflows.organising import changes
from workflows.roles import Verb, demand
from workflows.routing import CLINICAL_KINDS, Combination, Queue, Rule
from workflows.staff import Who

FIX = "See docs/routing.md for what `routing` may say."
MOST = 200
LANGUAGES = frozenset({"en", "es"})
HOURS_WORDS = {"any": "at any time", "in": "in team hours", "out": "outside team hours"}
NOTICE, NOTICE_DUE, DESK = "no_route", "1 business day", "front_office"
AT_ONCE = 20
SET = text(
    "UPDATE organisations SET settings = settings || jsonb_build_object(CAST(:key AS text), CAST(:team AS jsonb)) WHERE org_id = :org"
)
"""One key alone, so that two admins' settings do not undo each other."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line as somebody asks for it, in codes; None fits anything, and without a team it is the team that the case asks for."""

    kind: str | None = None
    program: str | None = None
    site: str | None = None
    """Its id in the EHR."""
    language: str | None = None
    hours: str = "any"
    team: str | None = None
    backup: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A combination that came up and has no line."""

    case: Combination
    site: str | None
    since: datetime


def lines(session: Session) -> list[Rule]:
    """The table, in the order in which it is asked."""
    return sorted(routing.load(session).rules, key=lambda rule: rule.rank, reverse=True)


def add(session: Session, wanted: Wanted, *, by: Who) -> UUID:
    """A new line. Refused, with what is true, for one that cannot be, or that is there already."""
    demand(by.role, Verb.SETTINGS)
    _hold(session)
    return _add(session, wanted, actor=by.actor)


def mark(session: Session, rule_id: UUID) -> str:
    """A short name of what a line says now, for a form that shows it."""
    return changes.mark(next((repr(rule) for rule in routing.load(session).rules if rule.id == rule_id), None))


def change(session: Session, rule_id: UUID, wanted: Wanted, *, by: Who, seen: str | None = None) -> None:
    """What a line says from now on; cases that are open stay where they are. `seen`: the mark of what the form showed."""
    demand(by.role, Verb.SETTINGS)
    _hold(session)
    if seen is not None and seen != mark(session, rule_id):
        raise Refused("A colleague changed this line after you opened it. Nothing of yours was saved. Open it again.")
    values = _checked(session, wanted)
    _demand_untied(session, values, but=rule_id)
    mine = (RoutingRule.org_id == org_of(session)) & (RoutingRule.id == rule_id)
    if session.scalar(update(RoutingRule).where(mine).values(**values).returning(RoutingRule.id)) is None:
        raise Refused("That line was taken away meanwhile. Nothing was changed.")
    _changed(session, "changed", rule_id, wanted, actor=by.actor)


def remove(session: Session, rule_id: UUID, *, by: Who) -> None:
    """Take a line away; taken away before is as good."""
    demand(by.role, Verb.SETTINGS)
    _hold(session)
    mine = (RoutingRule.org_id == org_of(session)) & (RoutingRule.id == rule_id)
    if session.scalar(delete(RoutingRule).where(mine).returning(RoutingRule.id)) is not None:
        _changed(session, "removed", rule_id, Wanted(), actor=by.actor)


def set_default(session: Session, team: str | None, *, by: Who) -> None:
    """Which team gets what no line fits; None: the team that the case asks for."""
    demand(by.role, Verb.SETTINGS)
    _hold(session)
    _set_default(session, team, actor=by.actor)


def default_of(session: Session) -> str | None:
    """The code of the default queue, where one is set."""
    named: Any = surroundings.organisation_of(session).settings.get(routing.DEFAULT)
    return named if isinstance(named, str) else None


def gaps(session: Session) -> list[Gap]:
    """What came up and has no line, the latest first."""
    site = (Site.org_id == RoutingGap.org_id) & (Site.id == RoutingGap.site_id)
    found = select(RoutingGap, Site.name).outerjoin(Site, site).where(RoutingGap.org_id == org_of(session))
    rows = session.execute(found.order_by(RoutingGap.first_at.desc(), RoutingGap.id.desc()).limit(AT_ONCE))
    return [
        Gap(Combination(row.kind, row.program, row.site_id, row.language, row.hours), name, row.first_at)
        for row, name in rows
    ]


def tell_gaps(session: Session) -> int:
    """One notice a combination that has no line, to whoever can add one; how many. The clock calls it."""
    untold = (
        select(RoutingGap)
        .where(RoutingGap.org_id == org_of(session), RoutingGap.told_at.is_(None))
        .order_by(RoutingGap.first_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = list(session.scalars(untold))
    for gap in found:
        gap.told_at = now(session)
        opening = cases.Opening(
            kind="system_alert", team=DESK, reason=NOTICE, due=NOTICE_DUE, dedupe_key=f"{NOTICE}:{gap.id}",
            asked=_said(session, gap),
        )  # fmt: skip
        case = cases.open_one(session, opening)
        paging.tell(session, case, on_call.admins(session), tier=paging.NO_ROUTE)
    session.flush()
    return len(found)


def from_file(session: Session, said: Any, *, actor: str) -> None:
    """Make the table what an organisation file says: {"default": team, "rules": [{kind, program, site, language, hours, team, backup}]}.

    Raises Misconfigured.
    """
    wrong = Misconfigured("routing cannot be read: it has rules, and if wanted a default", fix=FIX)
    if not isinstance(said, dict) or set(said) - {"default", "rules"} or not isinstance(said.get("rules", []), list):
        raise wrong
    names = set(Wanted.__dataclass_fields__)
    for line in said.get("rules", []):
        if not isinstance(line, dict) or set(line) - names or not all(isinstance(one, str) for one in line.values()):
            raise Misconfigured(f"a line of routing has other words than {', '.join(sorted(names))}", fix=FIX)
    wanted = [Wanted(**line) for line in said.get("rules", [])]
    _hold(session)
    try:
        if "default" in said:
            _set_default(session, said["default"], actor=actor)
        if "rules" in said and _as_it_stands(session) != sorted(map(repr, wanted)):
            session.execute(delete(RoutingRule).where(RoutingRule.org_id == org_of(session)))
            routing.forget(session)
            for line in wanted:
                _add(session, line, actor=actor)
    except Refused as refusal:
        raise Misconfigured(f"routing cannot be used: {refusal.say}", fix=FIX) from refusal


def words(case: Combination | Rule, *, site: str | None = None, programs: Mapping[str, str] | None = None) -> str:
    """ "call_task · recall · Main Street · es · outside team hours": what a line or a gap names, "every case" for nothing."""
    program = (programs or {}).get(case.program or "", case.program)
    named = [case.kind, program, site, case.language]
    said = [one for one in named if one] + ([HOURS_WORDS[case.hours]] if case.hours != "any" else [])
    return " · ".join(said) or "every case"


def _add(session: Session, wanted: Wanted, *, actor: str) -> UUID:
    values = _checked(session, wanted)
    _demand_untied(session, values)
    if len(routing.load(session).rules) >= MOST:
        raise Refused(f"The table has {MOST} lines already. Nothing was saved. Take one away first.")
    made: UUID = session.scalars(
        insert(RoutingRule).values(org_id=org_of(session), **values).returning(RoutingRule.id)
    ).one()
    _changed(session, "added", made, wanted, actor=actor)
    return made


def _set_default(session: Session, team: str | None, *, actor: str) -> None:
    found = _team(session, team)
    said = {"key": routing.DEFAULT, "team": f'"{found.code}"' if found else "null", "org": org_of(session)}
    session.execute(SET, said)
    session.expire(surroundings.organisation_of(session), ["settings"])
    routing.forget(session)
    subject = ("organisation", org_of(session))
    audit.record(session, "routing.default", actor=actor, subject=subject, team=found.code if found else None)


def _checked(session: Session, wanted: Wanted) -> dict[str, Any]:
    """The line as columns. Refused for a word that is none of ours, and for a clinical case outside a clinical team."""
    if wanted.kind is not None and wanted.kind not in routing.KINDS:
        raise Refused(f"{wanted.kind[:40]} is no kind of case that the table decides. Nothing was saved.")
    if wanted.hours not in routing.HOURS:
        raise Refused("Hours are in, out or any. Nothing was saved.")
    if wanted.language is not None and wanted.language not in LANGUAGES:
        raise Refused("The language is en or es. Nothing was saved.")
    team, backup = _team(session, wanted.team), _team(session, wanted.backup)
    _demand_clinical(wanted, team, backup)
    if backup is not None and team == backup:
        raise Refused(f"{backup.name} cannot stand in for itself. Nothing was saved. Pick another backup, or none.")
    return {
        "kind": wanted.kind, "program": _program(session, wanted.program), "site_id": _site(session, wanted.site),
        "language": wanted.language, "hours": wanted.hours, "team_id": team.id if team else None,
        "backup_id": backup.id if backup else None,
    }  # fmt: skip


def _demand_clinical(wanted: Wanted, *teams: Queue | None) -> None:
    outside = next((team for team in teams if team is not None and not team.clinical), None)
    if wanted.kind in CLINICAL_KINDS and outside is not None:
        raise Refused(
            f"{outside.name} is not a clinical team, and {wanted.kind.replace('_', ' ')} cases go to clinicians only."
            " Nothing was saved. Pick a clinical team."
        )


def _demand_untied(session: Session, values: Mapping[str, Any], *, but: UUID | None = None) -> None:
    """No two lines that rank alike can fit one case: they would name the same five things."""
    key = ("kind", "program", "site_id", "language", "hours")
    same: list[ColumnElement[bool]] = [getattr(RoutingRule, name).is_not_distinct_from(values[name]) for name in key]
    found = select(RoutingRule.id).where(RoutingRule.org_id == org_of(session), and_(*same))
    there = session.scalar(found.where(RoutingRule.id.is_distinct_from(but)))
    if there is None:
        return
    rule = next(one for one in routing.load(session).rules if one.id == there)
    to = rule.team.name if rule.team else "the team that the case asks for"
    raise Refused(f"There is a line for exactly these cases: they go to {to}. Nothing was saved. Change that line.")


def _team(session: Session, code: str | None) -> Queue | None:
    if code is None:
        return None
    found = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.code == code)).first()
    if found is None:
        raise Refused(f"There is no team {code[:40]} here. Nothing was saved.")
    return routing.queue(found)


def _program(session: Session, code: str | None) -> str | None:
    known = select(ProgramRow.code).where(ProgramRow.org_id == org_of(session), ProgramRow.code == code)
    if code is not None and session.scalar(known) is None:
        raise Refused(f"There is no program {code[:40]} here. Nothing was saved.")
    return code


def _site(session: Session, ehr_id: str | None) -> UUID | None:
    if ehr_id is None:
        return None
    found: UUID | None = session.scalar(select(Site.id).where(Site.org_id == org_of(session), Site.ehr_id == ehr_id))
    if found is None:
        raise Refused(f"There is no site {ehr_id[:40]} here. Nothing was saved.")
    return found


def _hold(session: Session) -> None:
    """One writer of the table at a time."""
    mine = select(Organisation.org_id).where(Organisation.org_id == org_of(session))
    session.execute(mine.with_for_update(key_share=True))
    routing.forget(session)


def _changed(session: Session, what: str, rule_id: UUID, wanted: Wanted, *, actor: str) -> None:
    """Audited; and a gap that has a line now is none, so that it is told anew if the line goes."""
    routing.forget(session)
    said = {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}
    audit.record(session, f"routing.{what}", actor=actor, subject=("routing_rule", show("rul", rule_id)), **said)
    rules: Sequence[Rule] = routing.load(session).rules
    open_gaps = session.scalars(select(RoutingGap).where(RoutingGap.org_id == org_of(session)))
    filled = [
        gap.id
        for gap in open_gaps
        if any(rule.covers(Combination(gap.kind, gap.program, gap.site_id, gap.language, gap.hours)) for rule in rules)
    ]
    if filled:
        session.execute(delete(RoutingGap).where(RoutingGap.org_id == org_of(session), RoutingGap.id.in_(filled)))


def _as_it_stands(session: Session) -> list[str]:
    rows = session.execute(select(Site.id, Site.ehr_id).where(Site.org_id == org_of(session)))
    sites = {row.id: row.ehr_id for row in rows}
    return sorted(
        repr(
            Wanted(
                rule.kind, rule.program, sites.get(rule.site) if rule.site else None, rule.language, rule.hours,
                rule.team.code if rule.team else None, rule.backup.code if rule.backup else None,
            )
        )
        for rule in routing.load(session).rules
    )  # fmt: skip


def _said(session: Session, gap: RoutingGap) -> str:
    site = (
        session.scalar(select(Site.name).where(Site.org_id == gap.org_id, Site.id == gap.site_id))
        if gap.site_id
        else None
    )
    return words(Combination(gap.kind, gap.program, gap.site_id, gap.language, gap.hours), site=site)
