"""What Slack may see of a patient, an organisation's own decision, attested before it is widened."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit
from storage.db import org_of
from storage.tables import Case, Organisation
from workflows import cases, surroundings
from workflows.roles import Verb, demand
from workflows.staff import Who

LEVELS = ("none", "initials", "full")


def names_in_slack(session: Session) -> bool:
    """Whether patients' names may be in Slack at all (level full)."""
    return surroundings.organisation_of(session).phi_level == "full"


def set_level(session: Session, level: str, *, by: Who) -> None:
    """Change the phi level and redraw every open card. `full` needs the attestation that Slack is under a BAA (P2)."""
    demand(by.role, Verb.SETTINGS)
    if level not in LEVELS:
        raise Refused(f"The level is one of {', '.join(LEVELS)}. Nothing was changed.")
    organisation = surroundings.organisation_of(session)
    if level == "full" and not organisation.settings.get("slack_baa"):
        raise Refused("Slack may see names only under a BAA. Attest it (slack_baa in the organisation file) first.")
    session.execute(update(Organisation).where(Organisation.org_id == org_of(session)).values(phi_level=level))
    audit.record(
        session, "organisation.phi_level", actor=by.actor, subject=("organisation", org_of(session)), level=level
    )
    for case in session.scalars(select(Case).where(Case.org_id == org_of(session), Case.state != "closed")):
        cases.refresh_card(session, case)
