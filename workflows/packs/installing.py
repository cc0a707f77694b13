"""Putting a pack to work in an organisation."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.ids import show
from storage import audit
from storage.db import org_of
from workflows import cohorts, packs, publishing
from workflows.programs import built_in
from workflows.roles import Verb, demand
from workflows.staff import Who
from workflows.surroundings import organisation_of

SETTING = "pack"


@dataclass(frozen=True, slots=True)
class Installed:
    """Programs as "reminder@3", the codes of those that start nobody any more, and the cohort presets."""

    live: list[str]
    retired: list[str]
    cohorts: list[str]


def installed(session: Session) -> str | None:
    """The pack this organisation works with, if any."""
    found: str | None = organisation_of(session).settings.get(SETTING)
    return found


def install(session: Session, code: str, *, actor: str) -> Installed:
    """Publish a pack's programs, offer its cohort presets, and retire the built-in programs that it leaves out.

    Programs of the organisation's own stay as they are, and whoever is in a program stays on its version. Raises Misconfigured.
    """
    pack = packs.of_code(code)
    versions = [publishing.publish(session, pack.source(name), actor=actor, pack=code) for name in pack.programs]
    extra = [row.code for row, _, _ in publishing.every_live(session) if row.code in built_in().keys() - pack.programs]
    for name in extra:
        publishing.retire(session, name, actor=actor, pack=code)
    cohorts.save_built_in(session, actor=actor, codes=pack.cohorts)
    organisation = organisation_of(session)
    organisation.settings = organisation.settings | {SETTING: code}
    audit.record(
        session, "pack.installed", actor=actor, subject=("organisation", show("org", org_of(session))), pack=code
    )
    live = [f"{name}@{version.number}" for name, version in zip(pack.programs, versions, strict=True)]
    return Installed(live, extra, pack.cohorts)


def install_for(session: Session, code: str, *, by: Who) -> Installed:
    """The same in somebody's name: a clinician, manager or admin (Refused)."""
    demand(by.role, Verb.APPROVE_WORDING)
    return install(session, code, actor=by.actor)
