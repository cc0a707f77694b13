"""`organisation apply FILE`: an organisation with its sites, teams, staff, consents and vendor connections, from one JSON file."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Misconfigured, Refused
from handlers.vendors import check_model, connect
from storage import numbers
from storage.db import Database, org_of
from storage.tables import Consent, Route, Site
from workflows import (
    accounts,
    channel_checks,
    consent,
    native_charts,
    on_call,
    pilot,
    readings,
    replies,
    routing_rules,
    saved_replies,
    sla,
    slack_installs,
    surroundings,
    team_hours,
    user_groups,
    weekly,
    wording,
)
from workflows.campaigns import limits
from workflows.organising import answers, costs, hours, opening, people, reports, teams, words
from workflows.privacy import LEVELS
from workflows.programs import source
from workflows.roles import Role
from workflows.staff import of_email

ACTOR = "system"


def apply(db: Database, path: Path) -> UUID:
    """Create the organisation, or bring it up to what the file says; applying it twice changes nothing more.

    The file: name, brand, phone, zone, site, teams, staff, consents, slack, twilio, fhir, ehr_notify_token, and if wanted facts, answers,
    replies and a pack (docs/organisation.md).
    Raises Misconfigured naming the missing part.
    """
    try:
        facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
        org = db.route("slack.team", facts["slack"]["team_id"])
        with db.begin(org=org) if org else db.founding(**_new(facts)) as session:
            _fill(session, facts, path.parent)
            return org_of(session)
    except (KeyError, TypeError, ValueError) as error:
        raise Misconfigured(
            f"the organisation file cannot be used: {type(error).__name__} at {error}", fix="See docs/organisation.md."
        ) from error


def _pasted(session: Session, slack: dict[str, Any]) -> bool:
    """Whether the file's own token counts: it has one, and none came by a link that still lives."""
    return "bot_token" in slack and slack_installs.access(session) is None


def _fill(session: Session, facts: dict[str, Any], folder: Path) -> None:
    """Bring the organisation up to what the file says. One transaction: when any part of it is refused, nothing was written."""
    _pilot(session, facts.get("pilot"))
    _campaigns(session, facts.get(limits.KEY))
    if (said := facts.get(native_charts.KEY)) is not None:
        native_charts.choose(session, said)
    _prices(session, facts.get(costs.KEY))
    for site in (facts["site"], *facts.get("sites", [])):
        _site(session, site)
    for team in facts.get("teams", []):
        _team(session, team)
    if "teams" in facts:
        _demand_teams(session)
    known = {team.code: team.id for team in teams.every(session)}
    for member in facts["staff"]:
        _member(session, member, facts["slack"]["team_id"])
    _languages(session, facts["staff"])
    _user_groups(session, facts.get(user_groups.KEY), known)
    _on_call(session, facts.get(on_call.KEY), known)
    if (said := facts.get(team_hours.KEY)) is not None:
        hours.keep(session, said)
    _sla(session, facts.get(sla.KEY))
    if (timetable := facts.get(weekly.KEY)) is not None:
        reports.keep_all(session, timetable)
    for given in facts.get("consents", []):
        _consent(session, given)
    for kind in ("slack", "twilio", "fhir"):
        if kind != "slack" or _pasted(session, facts[kind]):
            connect(session, kind, facts[kind])
    _model(session, facts.get(readings.MODEL))
    _words(session, facts, folder)
    _programs(session, facts.get("pack"))
    _routing(session, facts.get("routing"))
    _fallback(session, facts)
    _routes(session, facts)


def _new(facts: dict[str, Any]) -> dict[str, Any]:
    """An organisation's own columns. Raises Misconfigured."""
    level = facts.get("phi_level", "none")
    if level not in LEVELS or (level == "full" and not facts.get("slack_baa")):
        fix = "Use none or initials, or full where slack_baa attests that Slack is under a BAA."
        raise Misconfigured(f"phi_level {level!r} is not possible", fix=fix)
    return {
        "name": facts["name"],
        "brand": facts["brand"][:24],
        "phone": facts["phone"],
        "zone": facts["zone"],
        "phi_level": level,
        "settings": {"slack_baa": bool(facts.get("slack_baa"))},
    }


def _programs(session: Session, pack: str | None) -> None:
    """The programs, as soon as their teams are there: a file that leaves them out leaves them to the first day."""
    if teams.missing(session):
        opening.remember(session, pack)
    else:
        opening.programs(session, pack, actor=ACTOR)


def _words(session: Session, facts: dict[str, Any], folder: Path) -> None:
    """What the organisation says in its own words: facts for the approved answers, and answers of its own over ours (`answers`: a file)."""
    if "facts" in facts:
        words.keep(session, facts["facts"])
    if named := facts.get("answers"):
        path = folder / named
        if problems := wording.check(path):
            raise Misconfigured(f"{named} has {len(problems)} problems", fix="; ".join(str(one) for one in problems))
        answers.keep_all(session, source.read(path.read_text("utf-8"))["answers"])
    _saved_replies(session, facts.get("replies"), folder)


def _saved_replies(session: Session, named: str | None, folder: Path) -> None:
    """The drafts that come with Careloop, and the organisation's own (`replies`: a file). Raises Misconfigured."""
    saved_replies.take(session, saved_replies.built_in(), actor=ACTOR)
    if named is None:
        return
    path = folder / named
    if problems := wording.check(path):
        raise Misconfigured(f"{named} has {len(problems)} problems", fix="; ".join(str(one) for one in problems))
    saved_replies.take(session, source.read(path.read_text("utf-8"))["replies"], actor=ACTOR)


def _pilot(session: Session, said: Any) -> None:
    """Keep "off", or a pilot's terms (docs/pilot.md); a file that says nothing leaves it as it is. Raises Misconfigured."""
    if said is None:
        return
    organisation = surroundings.organisation_of(session)
    organisation.settings = organisation.settings | {"pilot": said}
    pilot.terms_of(organisation)


def _campaigns(session: Session, said: Any) -> None:
    """Keep the limits of campaigns (docs/campaigns.md); a file that says nothing leaves them as they are. Raises Misconfigured."""
    if said is None:
        return
    limits.read(said)
    organisation = surroundings.organisation_of(session)
    organisation.settings = organisation.settings | {limits.KEY: said}


def _prices(session: Session, said: Any) -> None:
    """Keep what outreach costs (docs/baselines.md); a file that says nothing leaves it as it is. Raises Misconfigured."""
    if said is not None:
        costs.keep(session, said)


def _model(session: Session, said: Any) -> None:
    """Keep the language model for second opinions, or "off"; a file that says nothing leaves it as it is. Raises Misconfigured."""
    if said is None:
        return
    if said != "off":
        if not isinstance(said, dict):
            raise Misconfigured("opinion is neither a model nor off", fix="See docs/second_opinion.md.")
        check_model(said)
        connect(session, readings.MODEL, said)
    organisation = surroundings.organisation_of(session)
    organisation.settings = organisation.settings | {readings.MODEL: said != "off"}


def _routes(session: Session, facts: dict[str, Any]) -> None:
    """Who a webhook is for; written last, so that nothing arrives for a half-made organisation."""
    keys = {
        "slack.team": facts["slack"]["team_id"],
        "twilio.account": facts["twilio"]["account_sid"],
        "ehr.token": hashlib.sha256(facts["ehr_notify_token"].encode()).hexdigest(),
    }
    for kind, key in keys.items():
        row = insert(Route).values(kind=kind, key=key, org_id=org_of(session))
        session.execute(row.on_conflict_do_nothing())
        owner = session.scalar(
            text("SELECT org_id FROM routes WHERE kind = :kind AND key = :key"), {"kind": kind, "key": key}
        )
        if owner != org_of(session):
            raise Misconfigured(
                f"{kind} belongs to another organisation already", fix="Use another, or remove it there."
            )


def _site(session: Session, facts: dict[str, Any]) -> None:
    row = insert(Site).values(
        org_id=org_of(session), name=facts["name"], zone=facts["zone"], zip=facts.get("zip"), ehr_id=facts["ehr_id"]
    )
    session.execute(row.on_conflict_do_nothing())


def _team(session: Session, facts: dict[str, Any]) -> None:
    wanted = teams.Wanted(facts["code"], facts["name"], facts["channel"], bool(facts.get("clinical")))
    teams.keep(session, wanted)


def _user_groups(session: Session, said: Any, teams: dict[str, UUID]) -> None:
    """Keep what user groups give (docs/people.md); a file that says nothing leaves it as it is. Raises Misconfigured."""
    if said is not None:
        user_groups.read(said, teams)
        organisation = surroundings.organisation_of(session)
        organisation.settings = organisation.settings | {user_groups.KEY: said}
        session.flush()
        user_groups.forget_unmapped(session)
        user_groups.promise_all(session)
    accounts.find_missing(session)


def _demand_teams(session: Session) -> None:
    """Raises Misconfigured unless the teams are there that cases go to by name."""
    if missing := sorted(teams.missing(session)):
        raise Misconfigured(f"there is no team {', '.join(missing)}", fix="Add it under teams, with a private channel.")


def _member(session: Session, facts: dict[str, Any], workspace: str) -> None:
    """Without `slack_id` the account is looked up by e-mail; without `role` a user group gives one (docs/people.md)."""
    people.keep(
        session,
        people.Wanted(
            facts["name"], facts["email"], Role(facts["role"]) if "role" in facts else None, facts.get("teams", []),
            workspace, facts.get("slack_id", ""), facts.get("phone"),
        ),
    )  # fmt: skip


def _languages(session: Session, members: list[dict[str, Any]]) -> None:
    """Who may write to patients in which language beside English; who is not named in the file keeps theirs."""
    organisation = surroundings.organisation_of(session)
    kept = dict(organisation.settings.get(replies.QUALIFIED, {}))
    for member in members:
        if "languages" in member:
            kept[str(of_email(session, member["email"]).id)] = sorted(set(member["languages"]))
    organisation.settings = organisation.settings | {replies.QUALIFIED: kept}


def _on_call(session: Session, said: Any, teams: dict[str, UUID]) -> None:
    """Keep who is on call (docs/escalation.md); a file that says nothing leaves it as it is. Raises Misconfigured."""
    if said is None:
        return
    on_call.read(said, teams)
    on_call.check(session, said)
    organisation = surroundings.organisation_of(session)
    organisation.settings = organisation.settings | {on_call.KEY: said}


def _sla(session: Session, said: Any) -> None:
    """Keep how long a case may wait (docs/time.md); a file that says nothing leaves it as it is. Raises Misconfigured."""
    if said is None:
        return
    sla.read(said)
    organisation = surroundings.organisation_of(session)
    organisation.settings = organisation.settings | {sla.KEY: said}


def _fallback(session: Session, facts: dict[str, Any]) -> None:
    """Whose channel stands in for one that takes no cards (docs/slack_refuses.md). Raises Misconfigured for no team's code."""
    if "fallback" in facts:
        try:
            channel_checks.set_fallback(session, facts["fallback"])
        except Refused as refusal:
            raise Misconfigured(refusal.say, fix="Name a team of the file by its code, or null.") from refusal


def _routing(session: Session, said: Any) -> None:
    """Which team gets which case (docs/routing.md); a file that says nothing leaves it as it is. Raises Misconfigured."""
    if said is not None:
        routing_rules.from_file(session, said, actor=ACTOR)


def _consent(session: Session, facts: dict[str, Any]) -> None:
    number = numbers.add(session, facts["number"])
    on_file = (
        session.query(Consent).filter_by(org_id=org_of(session), number_id=number.id, wording=facts["wording"]).first()
    )
    if on_file is None:
        consent.record(
            session,
            number,
            who=facts["who"],
            given_at=datetime.fromisoformat(facts["given_at"]),
            how=facts["how"],
            wording=facts["wording"],
            scope=facts["scope"],
        )
