"""What a campaign's patients will read: its wordings are published versions of the program; more than one is an A/B test."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import org_of
from storage.tables import Campaign, Organisation, ProgramRow, ProgramVersion
from workflows import publishing, segments, texts
from workflows.programs import text_checks
from workflows.programs.model import AskStep, BranchStep, Program, SendStep, WaitStep

INTRO = "intro"


@dataclass(frozen=True, slots=True)
class Sample:
    """The first text in one language and wording, with made-up values. `first` counts the segments with the introduction before it."""

    version: int
    language: str
    body: str
    segments: int
    first: int
    whole: int  # segments of all texts that a patient who never answers gets, without the introduction


def choose(session: Session, program: ProgramRow, numbers: Sequence[int]) -> list[UUID]:
    """The versions with these numbers, the live one for none. Refused when one does not exist."""
    if program.live_version_id is None:
        raise Refused(f"Program {program.code} is not published. Nothing was changed.")
    if not numbers:
        return [program.live_version_id]
    found = {
        row.number: row.id
        for row in session.scalars(
            select(ProgramVersion).where(
                ProgramVersion.org_id == org_of(session),
                ProgramVersion.program_id == program.id,
                ProgramVersion.number.in_(numbers),
            )
        )
    }
    missing = [str(number) for number in numbers if number not in found]
    if missing:
        raise Refused(f"Program {program.code} has no version {', '.join(missing)}. Nothing was changed.")
    return [found[number] for number in dict.fromkeys(numbers)]


def programs(session: Session, campaign: Campaign) -> dict[UUID, Program]:
    """The program as each wording has it."""
    return publishing.snapshots(session, {UUID(version) for version in campaign.version_ids})


def languages(found: dict[UUID, Program]) -> list[str]:
    """The languages in which every text of a silent patient's way is approved, in every wording."""
    sets = [set(program.texts[key]) for program in found.values() for key in silent_texts(program)]
    return sorted(set.intersection(*sets)) if sets else []


def silent_texts(program: Program) -> list[str]:
    """The texts that a patient who never answers gets, in order; at a branch, the way of whom nothing is known of."""
    keys: list[str] = []
    seen: set[str] = set()
    name: str | None = program.first
    while name is not None and name not in seen:
        seen.add(name)
        match program.steps.get(name):
            case AskStep() as step:
                keys.append(step.ask)
                name = step.silence
            case SendStep() as step:
                keys.append(step.send)
                name = step.then
            case WaitStep() as step:
                name = step.then
            case BranchStep() as step:
                name = step.otherwise
            case _:
                name = None
    return keys


def samples(session: Session, campaign: Campaign, organisation: Organisation) -> list[Sample]:
    """One a wording and language. Values are made up: never a patient's."""
    found = programs(session, campaign)
    numbers = {
        row.id: row.number
        for row in session.scalars(
            select(ProgramVersion).where(ProgramVersion.org_id == org_of(session), ProgramVersion.id.in_(found))
        )
    }
    return [
        _sample(program, numbers[version], language, organisation)
        for version, program in sorted(found.items(), key=lambda item: numbers[item[0]])
        for language in languages(found)
    ]


def _sample(program: Program, version: int, language: str, organisation: Organisation) -> Sample:
    keys = silent_texts(program)
    bodies = [_filled(program.texts[key][language], language, organisation) for key in keys]
    intro = texts.organisation_texts()[INTRO].variants.get(language, "")
    with_intro = f"{bodies[0]} {_filled(intro, language, organisation)}" if intro else bodies[0]
    counts = [segments.count(body).segments for body in bodies]
    return Sample(version, language, bodies[0], counts[0], segments.count(with_intro).segments, sum(counts))


def _filled(template: str, language: str, organisation: Organisation) -> str:
    """The template with the organisation's own name and phone, and the longest values of everything else."""
    own = {"clinic": organisation.brand, "phone": organisation.phone}
    made = {
        name: own.get(name) or text_checks.worst_case(f"{{{name}}}", language) for name in texts.placeholders(template)
    }
    return texts.fill(template, **made)
