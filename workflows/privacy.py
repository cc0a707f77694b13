"""What Slack may see of a patient, an organisation's own decision, attested before it is widened."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage import audit, threads
from storage.db import org_of
from storage.tables import Case
from workflows import cases, sensitive, surroundings
from workflows.organising import changes
from workflows.organising.changes import By
from workflows.roles import Verb, demand
from workflows.staff import Who

LEVELS = ("none", "initials", "full")
AREA = "phi_level"
BAA = "slack_baa"


def names_in_slack(session: Session) -> bool:
    """Whether patients' names may be in Slack at all (level full)."""
    return surroundings.organisation_of(session).phi_level == "full"


def level(session: Session, case: Case) -> str:
    """What Slack may see of one case: nothing where it is about something protected (42 CFR Part 2), whatever the organisation allows."""
    _, protected = sensitive.of_case(session, case)
    return "none" if protected else surroundings.organisation_of(session).phi_level


def set_level(session: Session, level: str, *, by: Who, seen: str | None = None, attested: bool = False) -> None:
    """Change the phi level, redraw every open card, and below full take the patients' words out of the threads.

    `full` needs the attestation that Slack is under a BAA (P2): on file, or given now.
    `seen`: the level that the form showed; Refused when somebody else changed it meanwhile.
    """
    demand(by.role, Verb.SETTINGS)
    if level not in LEVELS:
        raise Refused(f"The level is one of {', '.join(LEVELS)}. Nothing was changed.")
    organisation = changes.lock(session)
    mine = By(by.actor, None if seen is None else changes.mark(seen))
    changes.demand_unseen(session, mine, area=AREA, about="organisation", before=organisation.phi_level)
    if level == "full" and not (attested or organisation.settings.get(BAA)):
        raise Refused("Slack may see names only under a BAA. Attest it (slack_baa in the organisation file) first.")
    if level == "full" and not organisation.settings.get(BAA):
        changes.record(session, mine, area=BAA, about="organisation", before=False, after=True)
        changes.put(organisation, BAA, True)
    changes.record(session, mine, area=AREA, about="organisation", before=organisation.phi_level, after=level)
    organisation.phi_level = level
    session.flush()
    audit.record(
        session, "organisation.phi_level", actor=by.actor, subject=("organisation", org_of(session)), level=level
    )
    redraw(session, full=level == "full")


def redraw(session: Session, *which: ColumnElement[bool], full: bool = False) -> None:
    """What Slack may see has changed: draw the open cards (`which` of them) again, and take the patients' words out of their threads."""
    for case in session.scalars(select(Case).where(Case.org_id == org_of(session), Case.state != "closed", *which)):
        cases.refresh_card(session, case)
        if not full:
            threads.clear(session, case.id)
