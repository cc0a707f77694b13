"""The first day of a clinic: what has to be so before patients are written to, each told from the rows that show it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now, org_of
from storage.tables import CardPost, CohortUpload, ProgramRow, Staff, Team
from workflows import launch_plan, practice, publishing, surroundings, team_hours, try_text
from workflows.organising import changes, hours, teams
from workflows.organising.changes import By
from workflows.roles import TABLE, Role, Verb
from workflows.staff import Who

DONE, PLANS = "first_day_done", "launch_plans"
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist: done or not, and in words what is so, or what to do."""

    code: str
    title: str
    done: bool
    words: str


def may_see(who: Who) -> bool:
    """Admins set up, managers launch: both see how far it is."""
    return bool({Verb.SETTINGS, Verb.LAUNCH} & TABLE[who.role])


def steps(session: Session) -> list[Step]:
    """All of them as they stand now, in the order in which they are done."""
    return [Step(code, title, *look(session)) for code, (title, look) in STEPS.items()]


def is_over(session: Session) -> bool:
    """Whether everything was green once: then the Home speaks of it no more."""
    return DONE in surroundings.organisation_of(session).settings


def note(session: Session, found: list[Step]) -> None:
    """Remember that all is green, the first time it is."""
    if all(step.done for step in found) and not is_over(session):
        changes.put(changes.lock(session), DONE, now(session).date().isoformat())


def agree(session: Session, code: str, said: launch_plan.Plan, *, by: Who, version: int) -> None:
    """The launch plan of this version is agreed on, by name. Refused when another version is live by now, or for other roles."""
    if not may_see(by):
        raise Refused("An admin or a manager agrees to a launch plan. Nothing was changed.")
    organisation = changes.lock(session)
    if (live := live_version(session, code)) != version:
        raise Refused(f"Version {live} of the program is live by now. Read its plan first. Nothing was changed.")
    before = organisation.settings.get(PLANS, {}).get(code)
    after = {
        "version": version, "owner": said.owner, "population": said.population, "source": said.source,
        "by": str(by.id), "at": now(session).isoformat(timespec="minutes"),
    }  # fmt: skip
    changes.record(session, By(by.actor), area=PLANS, about=code, before=before, after=after)
    changes.put(organisation, PLANS, organisation.settings.get(PLANS, {}) | {code: after})


def live_version(session: Session, code: str) -> int:
    """The number of the version that is live. Refused when the program is not."""
    found = publishing.open_to(session, "", code=code)
    if not found:
        raise Refused("That program is not live any more. Nothing was changed.")
    return found[0][1].number


def _teams(session: Session) -> tuple[bool, str]:
    missing = [teams.NEEDED[code][0] for code in teams.missing(session)]
    if missing:
        return (
            False,
            f"Missing: {', '.join(missing)}. Each is a queue of colleagues; the same people may be in several.",
        )
    return True, ", ".join(team.name for team in teams.every(session))


def _channels(session: Session) -> tuple[bool, str]:
    posted = select(CardPost.id).where(
        CardPost.org_id == Team.org_id, CardPost.channel == Team.channel_id, CardPost.ts.is_not(None)
    )
    unseen = select(Team.name).where(Team.org_id == org_of(session), Team.channel_seen_at.is_(None), ~posted.exists())
    names = list(session.scalars(unseen.order_by(Team.name)))
    if names:
        return False, f"Not looked at yet: {', '.join(names)}. Open the team and save: Careloop looks at its channel."
    if teams.missing(session):
        return False, "Each team has a private channel of its own with Careloop in it."
    return True, "Each is private, yours alone, and Careloop is in it."


def _people(session: Session) -> tuple[bool, str]:
    found = select(Staff.role, func.count()).where(Staff.org_id == org_of(session), Staff.active).group_by(Staff.role)
    counts = {row[0]: row[1] for row in session.execute(found)}
    works = counts.get(Role.AGENT.value, 0) + counts.get(Role.CLINICIAN.value, 0)
    manages, clinical = counts.get(Role.MANAGER.value, 0), counts.get(Role.CLINICIAN.value, 0)
    wants = [
        words
        for words, there in (
            ("a manager, who launches and approves", manages),
            ("a clinician, who takes red flags", clinical),
        )
        if not there
    ]
    if wants:
        return False, f"Still wanted: {' and '.join(wants)}."
    return True, f"{works} work on cases, {manages} manage."


def _hours(session: Session) -> tuple[bool, str]:
    known = teams.every(session)
    kept = hours.shown(session, [team.code for team in known])
    missing = [team.name for team in known if kept[team.code] is None]
    if missing or not known:
        return False, f"Not said yet: {', '.join(missing) or 'there are no teams'}. Cases are due by them."
    first = team_hours.of(session, known[0].code)
    return True, f"Said for all teams; {known[0].name} works by the clock of {first.zone}."


def _text(session: Session) -> tuple[bool, str]:
    return try_text.arrived(session), try_text.words(session)


def _list(session: Session) -> tuple[bool, str]:
    first = session.scalar(select(func.min(CohortUpload.uploaded_at)).where(CohortUpload.org_id == org_of(session)))
    if first is None:
        return False, "Hand over a small CSV, such as ten overdue patients. Nothing is sent by it. A manager does this."
    return True, "A list was read."


def _plan(session: Session) -> tuple[bool, str]:
    agreed = surroundings.organisation_of(session).settings.get(PLANS, {})
    if not agreed:
        return (
            False,
            "One page a program: what starts it, whom it reaches, what it says, how it stops. Read it and agree.",
        )
    titles = session.scalars(
        select(ProgramRow.title).where(ProgramRow.org_id == org_of(session), ProgramRow.code.in_(agreed))
    )
    return True, f"Agreed: {', '.join(sorted(titles))}."


def _practice(session: Session) -> tuple[bool, str]:
    if practice.done_by_any(session):
        return True, "Somebody took a practice case to its end."
    return False, "Open one, claim it in the channel, pick a new time or close it as practised. No patient, no text."


STEPS: dict[str, tuple[str, Callable[[Session], tuple[bool, str]]]] = {
    "teams": ("Teams", _teams),
    "channels": ("Channels", _channels),
    "people": ("People", _people),
    "hours": ("Hours", _hours),
    "text": ("A text to your own phone", _text),
    "list": ("The first list", _list),
    "plan": ("A launch plan", _plan),
    "practice": ("A practice case", _practice),
}
