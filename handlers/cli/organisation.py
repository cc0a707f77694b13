"""`organisation apply FILE`: an organisation with its sites, teams, staff, consents and vendor connections, from one JSON file."""

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import Misconfigured
from handlers.vendors import check_model, connect
from storage import numbers
from storage.db import Database, org_of, vault
from storage.tables import Consent, Route, Site, Staff, StaffIdentity, Team, TeamMember
from workflows import (
    cohorts,
    consent,
    on_call,
    pilot,
    publishing,
    readings,
    replies,
    sla,
    surroundings,
    team_hours,
    wording,
)
from workflows.campaigns import limits
from workflows.packs import installing
from workflows.privacy import LEVELS
from workflows.programs import source
from workflows.roles import Role
from workflows.staff import of_email

ACTOR = "system"
NEEDED_TEAMS = frozenset({"patient_access", "clinical", "front_office"})
E164 = re.compile(r"\+[1-9]\d{6,14}")


def apply(db: Database, path: Path) -> UUID:
    """Create the organisation, or bring it up to what the file says; applying it twice changes nothing more.

    The file: name, brand, phone, zone, site, teams, staff, consents, slack, twilio, fhir, ehr_notify_token, and if wanted facts, answers
    and a pack (docs/organisation.md).
    Raises Misconfigured naming the missing part.
    """
    try:
        facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
        team_id = facts["slack"]["team_id"]
        org = db.route("slack.team", team_id) or _found(db, facts)
        with db.begin(org=org) as session:
            _pilot(session, facts.get("pilot"))
            _campaigns(session, facts.get(limits.KEY))
            _site(session, facts["site"])
            teams = {team["code"]: _team(session, team) for team in facts["teams"]}
            _demand_teams(session)
            for member in facts["staff"]:
                _member(session, member, teams, team_id)
            _languages(session, facts["staff"])
            _on_call(session, facts.get(on_call.KEY), teams)
            _hours(session, facts.get(team_hours.KEY), teams)
            _sla(session, facts.get(sla.KEY))
            for given in facts.get("consents", []):
                _consent(session, given)
            for kind in ("slack", "twilio", "fhir"):
                connect(session, kind, facts[kind])
            _model(session, facts.get(readings.MODEL))
            _words(session, facts, path.parent)
            _programs(session, facts.get("pack"))
            _routes(session, facts)
    except (KeyError, TypeError, ValueError) as error:
        raise Misconfigured(
            f"the organisation file cannot be used: {type(error).__name__} at {error}", fix="See docs/organisation.md."
        ) from error
    return org


def _found(db: Database, facts: dict[str, Any]) -> UUID:
    level = facts.get("phi_level", "none")
    if level not in LEVELS or (level == "full" and not facts.get("slack_baa")):
        fix = "Use none or initials, or full where slack_baa attests that Slack is under a BAA."
        raise Misconfigured(f"phi_level {level!r} is not possible", fix=fix)
    return db.found(
        name=facts["name"],
        brand=facts["brand"][:24],
        phone=facts["phone"],
        zone=facts["zone"],
        phi_level=level,
        settings={"slack_baa": bool(facts.get("slack_baa"))},
    )


def _programs(session: Session, pack: str | None) -> None:
    """The pack that the file names, unless it is there already; without one, all that comes with Careloop. Raises Misconfigured."""
    there = installing.installed(session)
    if pack is not None and pack != there:
        installing.install(session, pack, actor=ACTOR)
    elif there is None:
        publishing.publish_built_in(session, actor=ACTOR)
        cohorts.save_built_in(session, actor=ACTOR)


def _words(session: Session, facts: dict[str, Any], folder: Path) -> None:
    """What the organisation says in its own words: facts for the approved answers, and answers of its own over ours (`answers`: a file)."""
    mine = {"facts": facts["facts"]} if "facts" in facts else {}
    if named := facts.get("answers"):
        path = folder / named
        if problems := wording.check(path):
            raise Misconfigured(f"{named} has {len(problems)} problems", fix="; ".join(str(one) for one in problems))
        mine["answers"] = source.read(path.read_text("utf-8"))["answers"]
    organisation = surroundings.organisation_of(session)
    organisation.settings = organisation.settings | mine


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


def _team(session: Session, facts: dict[str, Any]) -> UUID:
    values = {"name": facts["name"], "channel_id": facts["channel"], "clinical": bool(facts.get("clinical"))}
    row = insert(Team).values(org_id=org_of(session), code=facts["code"], **values)
    kept = row.on_conflict_do_update(index_elements=["org_id", "code"], set_=values).returning(Team.id)
    found: UUID = session.scalars(kept).one()
    return found


def _member(session: Session, facts: dict[str, Any], teams: dict[str, UUID], workspace: str) -> None:
    org = org_of(session)
    values = {"name": facts["name"], "role": Role(facts["role"]).value}
    row = insert(Staff).values(org_id=org, email=facts["email"], **values)
    kept = row.on_conflict_do_update(index_elements=["org_id", "email"], set_=values).returning(Staff.id)
    staff_id: UUID = session.scalars(kept).one()
    identity = insert(StaffIdentity).values(
        org_id=org, staff_id=staff_id, workspace=workspace, external_id=facts["slack_id"]
    )
    session.execute(identity.on_conflict_do_nothing())
    if phone := facts.get("phone"):
        _phone(session, staff_id, phone)
    for code in facts["teams"]:
        member = insert(TeamMember).values(org_id=org, team_id=teams[code], staff_id=staff_id)
        session.execute(member.on_conflict_do_nothing())


def _demand_teams(session: Session) -> None:
    """Cases go to these by name: without one a red flag would have nowhere to open. Raises Misconfigured."""
    known = set(session.scalars(select(Team.code).where(Team.org_id == org_of(session))))
    missing = sorted(NEEDED_TEAMS - known)
    if missing:
        raise Misconfigured(f"there is no team {', '.join(missing)}", fix="Add it under teams, with a private channel.")


def _languages(session: Session, members: list[dict[str, Any]]) -> None:
    """Who may write to patients in which language beside English; who is not named in the file keeps theirs."""
    organisation = surroundings.organisation_of(session)
    kept = dict(organisation.settings.get(replies.QUALIFIED, {}))
    for member in members:
        if "languages" in member:
            kept[str(of_email(session, member["email"]).id)] = sorted(set(member["languages"]))
    organisation.settings = organisation.settings | {replies.QUALIFIED: kept}


def _phone(session: Session, staff_id: UUID, said: str) -> None:
    """Where a page reaches them. Raises Misconfigured for what is no number."""
    if not E164.fullmatch(said):
        raise Misconfigured("a member of staff has a phone that is no number", fix="Write it as +13125550123.")
    keys = vault(session)
    sealed = {"phone": keys.seal(said, "staff.phone", staff_id), "phone_hash": keys.lookup("phone", said)}
    session.execute(update(Staff).where(Staff.org_id == org_of(session), Staff.id == staff_id).values(**sealed))


def _on_call(session: Session, said: Any, teams: dict[str, UUID]) -> None:
    """Keep who is on call (docs/escalation.md); a file that says nothing leaves it as it is. Raises Misconfigured."""
    if said is None:
        return
    on_call.read(said, teams)
    on_call.check(session, said)
    organisation = surroundings.organisation_of(session)
    organisation.settings = organisation.settings | {on_call.KEY: said}


def _hours(session: Session, said: Any, teams: dict[str, UUID]) -> None:
    """Keep when each team works (docs/time.md); teams that the file does not name keep their hours. Raises Misconfigured."""
    if said is None:
        return
    team_hours.read(said, teams)
    organisation = surroundings.organisation_of(session)
    kept = organisation.settings.get(team_hours.KEY, {}) | said
    organisation.settings = organisation.settings | {team_hours.KEY: kept}
    team_hours.forget(session)


def _sla(session: Session, said: Any) -> None:
    """Keep how long a case may wait (docs/time.md); a file that says nothing leaves it as it is. Raises Misconfigured."""
    if said is None:
        return
    sla.read(said)
    organisation = surroundings.organisation_of(session)
    organisation.settings = organisation.settings | {sla.KEY: said}


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
