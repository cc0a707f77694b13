"""Which team gets a case: the organisation's table of kind, program, site, language and hours (docs/routing.md).

Without a line the table is off, and a case goes to the team that its program or rule asks for. A clinical case never leaves clinicians.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import log
from core.errors import Refused
from core.ids import show
from storage.db import now, org_of
from storage.tables import Enrollment, Patient, ProgramRow, RoutingGap, RoutingRule, Team
from workflows import on_call, surroundings, team_hours

CLINICAL_KINDS = frozenset({"red_flag", "clinical"})
KINDS = frozenset(
    {
        "admin", "call_back", "call_task", "chart_update", "clinical", "deceased", "duplicate_chart", "ehr_manual", "human_owned",
        "interpreter", "legal_threat", "low_score", "match", "missing_contact", "opt_out_check", "pilot_review", "pre_check",
        "ready_to_schedule", "red_flag", "reschedule", "review", "tcm_call", "unknown_send", "wrong_number",
    }
)  # fmt: skip
"""What the table decides. Practice, questions for approval and our own alerts stay where they were asked for."""
HOURS = ("any", "in", "out")
DEFAULT = "default_queue"
"""In the organisation's settings: the code of the team that gets what the table has no line for."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A team, as far as routing goes."""

    id: UUID
    code: str
    name: str
    clinical: bool


@dataclass(frozen=True, slots=True)
class Combination:
    """What is known of a case when it is opened; `hours` is in or out, by the team that the case asks for."""

    kind: str
    program: str | None = None
    site: UUID | None = None
    language: str | None = None
    hours: str = "in"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line. None fits anything; `team` None is the team that the case asks for."""

    id: UUID
    kind: str | None
    program: str | None
    site: UUID | None
    language: str | None
    hours: str
    team: Queue | None
    backup: Queue | None

    def fits(self, case: Combination) -> bool:
        """Everything that the line names is so."""
        wanted = (
            (self.kind, case.kind), (self.program, case.program), (self.site, case.site), (self.language, case.language),
        )  # fmt: skip
        return all(said is None or said == found for said, found in wanted) and self.hours in ("any", case.hours)

    def covers(self, case: Combination) -> bool:
        """The same, and a line of another desk does not count for a case of a clinical kind."""
        return self.fits(case) and (case.kind not in CLINICAL_KINDS or self.team is None or self.team.clinical)

    @property
    def rank(self) -> tuple[bool, ...]:
        """The order of the table: a line that names the kind goes before all that do not, then the program, site, language, hours.

        Two lines that fit one case and rank alike would name the same five things, and the second of those is never saved.
        """
        named = (self.kind, self.program, self.site, self.language)
        return (*(said is not None for said in named), self.hours != "any")


@dataclass(frozen=True, slots=True)
class Book:
    """The whole table. `default` gets what no line fits; `clinical` is where a clinical case goes when all else is not clinical."""

    rules: Sequence[Rule] = ()
    default: Queue | None = None
    clinical: Queue | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The one team, and who stands in for it when it cannot take the case; without a `rule` no line fitted."""

    team: Queue
    backup: Queue | None = None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the case goes, and by what: for the ledger."""

    id: UUID
    code: str
    by: dict[str, str]


@dataclass(frozen=True, slots=True)
class Asking:
    """A case that is about to be opened: what it asks for and whom it is about. Not `routed`: a person picked the team."""

    kind: str
    team: str
    enrollment_id: UUID | None = None
    patient_id: UUID | None = None
    routed: bool = True


def choose(book: Book, case: Combination, asked: Queue) -> Choice:
    """Exactly one team for any case; a clinical one (by its kind, or because a clinical team is asked for) stays with clinicians."""
    strict = case.kind in CLINICAL_KINDS or asked.clinical
    fitting = [
        rule for rule in book.rules if rule.fits(case) and _may(rule.team or asked, strict=strict)
    ]  # a line of another desk does not count for a clinical case
    rule = max(fitting, key=lambda one: one.rank, default=None)
    if rule is not None:
        team = rule.team or asked
        backup = rule.backup if rule.backup and rule.backup != team and _may(rule.backup, strict=strict) else None
        return Choice(team, backup, rule)
    others = [one for one in (book.default, asked, book.clinical) if one is not None and _may(one, strict=strict)]
    return Choice(others[0] if others else asked)


def place(session: Session, case: Asking) -> Placed:
    """The team of a case that is about to be opened; what has no line in a table that is on is kept for the admins' notice."""
    asked = queue(session.scalars(select(Team).where(Team.org_id == org_of(session), Team.code == case.team)).one())
    if not case.routed or case.kind not in KINDS:
        return Placed(asked.id, asked.code, {})
    book = load(session)
    if not book.rules:
        astray = case.kind in CLINICAL_KINDS and not asked.clinical
        there = (_clinical(session) if astray else None) or asked
        return Placed(there.id, there.code, {})
    known = combination(session, case)
    choice = choose(book, known, asked)
    team = _able(session, choice)
    if choice.rule is None:
        _keep_gap(session, known)
    if team.code == asked.code:
        return Placed(team.id, team.code, {})
    by = show("rul", choice.rule.id) if choice.rule else "default"
    return Placed(team.id, team.code, {"route": by, "asked_for": asked.code, "team": team.code})


def probe(session: Session, case: Combination, asked_for: str) -> tuple[Choice, Queue]:
    """Where a case like this would go, and who would have it this minute; nothing is kept of the question."""
    found = select(Team).where(Team.org_id == org_of(session), Team.code == asked_for)
    team = session.scalars(found).first()
    if team is None:
        raise Refused("That team is not there any more. Pick another one.")
    asked, book = queue(team), load(session)
    if not book.rules:
        astray = case.kind in CLINICAL_KINDS and not asked.clinical
        book = Book(clinical=_clinical(session) if astray else None)
    choice = choose(book, case, asked)
    return choice, _able(session, choice)


def demand_taker(session: Session, team_id: UUID, kind: str) -> UUID:
    """The team, if a person may hand it a case of this kind; Refused for a clinical one outside clinical teams."""
    team = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.id == team_id)).one()
    if not _may(queue(team), strict=kind in CLINICAL_KINDS):
        raise Refused(
            f"{team.name} is not a clinical team. Nothing was changed. A clinical case stays with clinicians."
        )
    return team.id


def load(session: Session) -> Book:
    """The table, read once a transaction."""
    known: Book | None = session.info.get("routing")
    if known is None:
        known = session.info["routing"] = _load(session)
    return known


def forget(session: Session) -> None:
    """Read the table anew: it was changed in this transaction."""
    session.info.pop("routing", None)


def combination(session: Session, case: Asking) -> Combination:
    """Program and site come from the enrollment, the language from the patient, the hours from the team that is asked for."""
    program = site = language = None
    if case.enrollment_id is not None:
        running = select(ProgramRow.code, Enrollment.site_id).join(
            Enrollment, (Enrollment.org_id == ProgramRow.org_id) & (Enrollment.program_id == ProgramRow.id)
        )
        found = running.where(Enrollment.org_id == org_of(session), Enrollment.id == case.enrollment_id)
        program, site = session.execute(found).one()
    if case.patient_id is not None:
        spoken = select(Patient.language).where(Patient.org_id == org_of(session), Patient.id == case.patient_id)
        language = session.scalars(spoken).one()
    return Combination(case.kind, program, site, language, "in" if at_work(session, case.team) else "out")


def at_work(session: Session, team: str) -> bool:
    """Whether the team with this code is in its hours now."""
    return team_hours.of(session, team).opening(now(session)) <= now(session)


def queue(team: Team) -> Queue:
    """A team's row as routing sees it."""
    return Queue(team.id, team.code, team.name, team.clinical)


def _may(team: Queue, *, strict: bool) -> bool:
    return team.clinical or not strict


def _able(session: Session, choice: Choice) -> Queue:
    """The team; its backup while the team is outside its hours, has no channel that takes cards, or nobody of it is on duty.

    Where the backup has no channel or nobody on duty either, it stays with the team.
    """
    if choice.backup is None:
        return choice.team
    if at_work(session, choice.team.code) and _staffed(session, choice.team):
        return choice.team
    return choice.backup if _staffed(session, choice.backup) else choice.team


def _staffed(session: Session, team: Queue) -> bool:
    row = session.scalars(select(Team).where(Team.org_id == org_of(session), Team.id == team.id)).one()
    return bool(row.channel_id) and row.channel_problem is None and bool(on_call.people(session, row))


def _keep_gap(session: Session, case: Combination) -> None:
    row = insert(RoutingGap).values(
        org_id=org_of(session), kind=case.kind, program=case.program, site_id=case.site, language=case.language,
        hours=case.hours, first_at=now(session),
    )  # fmt: skip
    session.execute(row.on_conflict_do_nothing())
    log.get().info("case.unrouted", kind=case.kind, program=case.program or "")


def _load(session: Session) -> Book:
    rows = session.scalars(select(RoutingRule).where(RoutingRule.org_id == org_of(session)).order_by(RoutingRule.id))
    found = list(rows)
    if not found:
        return Book()
    teams = list(session.scalars(select(Team).where(Team.org_id == org_of(session)).order_by(Team.id)))
    by_id = {team.id: queue(team) for team in teams}
    named: dict[str, Any] = surroundings.organisation_of(session).settings
    default = next((queue(team) for team in teams if team.code == named.get(DEFAULT)), None)
    rules = [
        Rule(
            row.id, row.kind, row.program, row.site_id, row.language, row.hours,
            by_id[row.team_id] if row.team_id else None, by_id[row.backup_id] if row.backup_id else None,
        )
        for row in found
    ]  # fmt: skip
    return Book(rules, default, next((queue(team) for team in teams if team.clinical), None))


def _clinical(session: Session) -> Queue | None:
    first = select(Team).where(Team.org_id == org_of(session), Team.clinical).order_by(Team.id).limit(1)
    found = session.scalars(first).first()
    return queue(found) if found is not None else None
