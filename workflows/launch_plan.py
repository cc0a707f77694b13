"""The one-page launch plan of a program (S107), in Markdown: what starts it, for whom, what it says, who decides, how it stops."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from storage.db import now, org_of
from storage.tables import Case, Pilot, ProgramRow, Site, Slot, Team
from workflows import pilot, policy, publishing, segments, surroundings, texts
from workflows.programs.model import AskStep, CaseStep, Program, SendStep
from workflows.staff import PRACTICE

AHEAD = timedelta(days=14)
SAMPLE = {"when": "Tue Dec 1, 3:00 pm", "link": "https://c.example/f/8Kd2", "slots": "1 = Tue 3:00 pm, 2 = Wed 9:30 am"}
TITLES = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the launcher adds to what is on file."""

    owner: str
    population: str
    source: str
    site: str


def write(session: Session, code: str, said: Plan) -> str:
    """The page. Refused when the program is not live here."""
    found = publishing.open_to(session, "", code=code)
    if not found:
        raise Refused(f"There is no live program '{code}' here. Publish it first.")
    row, version, program = found[0]
    organisation = surroundings.organisation_of(session)
    day = now(session).astimezone(ZoneInfo(organisation.zone))
    lines = [
        f"# Launch plan: {program.title}",
        "",
        f"{organisation.name} · program `{code}`, version {version.number} · {day:%B %-d, %Y}",
        "",
        program.purpose,
        "",
        *_table(_facts(session, program, said)),
        "",
        "## What patients read",
        "",
        *_table(_texts(session, program), head=("text", "language", "words", "segments")),
        "",
        "## Who decides",
        "",
        *_decisions(session, row, program),
        "",
        "## How it stops, and how we know",
        "",
        *_stops(program, code),
        "",
        *_signatures(said),
    ]
    return "\n".join(lines) + "\n"


def _facts(session: Session, program: Program, said: Plan) -> Iterator[tuple[str, ...]]:
    gates = program.open_to
    site = session.scalar(select(func.string_agg(Site.name, ", ")).where(Site.org_id == org_of(session)))
    yield "**Trigger**", _trigger(program)
    yield "**One source**", said.source + (f" (open to {', '.join(gates.sources)})" if gates.sources else "")
    yield "**One population**", said.population + (f" (open to {', '.join(gates.segments)})" if gates.segments else "")
    yield "**Site**", said.site or site or "–"
    yield "**Owner**", said.owner
    yield "**Goal**", f"{_goal(program)} within {program.goal.within}"
    yield "**Counted**", _counted(program)
    yield "**Touches**", f"{program.touches} at most, by {', '.join(program.channels)}; then a person calls"
    yield "**Before contact**", ", ".join(program.pre_check) or "no pre-check"
    yield "**Capacity**", _capacity(session, program)


def _trigger(program: Program) -> str:
    trigger = program.trigger
    what = trigger.event or (f"cohort {trigger.cohort}" if trigger.cohort else "a time window after a dated record")
    fresh = f", no older than {trigger.fresh}" if trigger.fresh else ""
    return f"`{what}`{fresh}" + (f", {trigger.delay} later" if trigger.delay else "")


def _goal(program: Program) -> str:
    goal = program.goal
    return f"visit {goal.appointment}" if goal.appointment else f"program {goal.outcome}"


def _counted(program: Program) -> str:
    """Where the windows of figures begin, and how long the long one is (docs/kpis.md)."""
    begins = "the first text" if program.measure.from_ == "first_text" else "the start"
    return f"from {begins}; a run has {program.measure.days} days to complete"


def _capacity(session: Session, program: Program) -> str:
    """Free slots of the next two weeks, and what the receiving teams have open already."""
    free = session.scalar(
        select(func.count()).where(
            Slot.org_id == org_of(session),
            Slot.status == "free",
            Slot.start_at > now(session),
            Slot.start_at < now(session) + AHEAD,
        )
    )
    teams = sorted(
        {step.case.team for step in program.steps.values() if isinstance(step, CaseStep)}
        | {program.touch_blocked.case.team}
    )
    load = session.execute(
        select(Team.name, func.count(Case.id))
        .outerjoin(
            Case,
            (Case.org_id == Team.org_id)
            & (Case.team_id == Team.id)
            & (Case.state != "closed")
            & (Case.kind != PRACTICE),
        )
        .where(Team.org_id == org_of(session), Team.code.in_(teams))
        .group_by(Team.name)
        .order_by(Team.name)
    )
    open_cases = ", ".join(f"{name} {count} open" for name, count in load)
    return f"{free} free slots in the next 14 days; {open_cases or 'no receiving team'}"


def _texts(session: Session, program: Program) -> Iterator[tuple[str, ...]]:
    organisation = surroundings.organisation_of(session)
    values = SAMPLE | {"clinic": organisation.brand, "phone": organisation.phone}
    for step in program.steps.values():
        key = step.ask if isinstance(step, AskStep) else step.send if isinstance(step, SendStep) else None
        for language in program.texts.get(key or "", {}):
            body = _said(program, str(key), language, values)
            yield str(key), TITLES.get(language, language), body.replace("|", "\\|"), str(segments.count(body).segments)


def _said(program: Program, key: str, language: str, values: dict[str, str]) -> str:
    raw = texts.variant(program.texts[key], key, language)
    return texts.fill(raw, **values) if texts.placeholders(raw) <= set(values) else raw


def _decisions(session: Session, row: ProgramRow, program: Program) -> Iterator[str]:
    terms = pilot.terms_of(surroundings.organisation_of(session))
    if terms is None:
        yield "- **Pilot:** off for this organisation (stated in its file). Nobody reviews the first runs."
    else:
        held = "before their first text" if terms.hold else "when they are over"
        yield (
            f"- **Pilot:** {terms.runs} runs. Runs 1–{terms.review_all} are all reviewed {held}, then one in "
            f"{terms.sample_every}; reviewers: {terms.team.replace('_', ' ')}."
        )
        yield (
            f"- **It may grow when** {terms.min_reviewed} verdicts are in, the pass rate is surely {terms.pass_rate:.0%} "
            f"(lower end of the 95 % interval), no red flag was missed, opt-outs are at most {terms.opt_out_rate:.0%}, and a "
            "manager approves. Until then no other source, segment or site starts."
        )
        under_way = session.scalar(
            select(Pilot)
            .where(Pilot.org_id == org_of(session), Pilot.program_id == row.id)
            .order_by(Pilot.opened_at.desc())
        )
        if under_way is not None:
            yield f"- **Today:** {under_way.phase}, {under_way.runs} of {terms.runs} runs given out."
    review = ", ".join(program.review) or "none"
    yield f"- **Outcomes a person confirms:** {review}. All others complete by themselves."
    yield "- **Always a person's:** " + "; ".join(f"{rule.say} (`{rule.rule}`)" for rule in policy.known()) + "."
    yield "- **Always a person's, from any reply:** symptoms and emergencies (a clinician), anything Careloop is not sure of."


def _stops(program: Program, code: str) -> Iterator[str]:
    ends = ", ".join(f"{event} ({end})" for event, end in program.stop_on.items())
    yield (
        f"- **Kill switch:** any agent types `/outreach stop-all program {code}`; no text leaves 5 seconds later. "
        "A manager resumes."
    )
    yield f"- **Stops by itself for a patient on:** {ends}, STOP, wrong number, a clinical concern."
    yield (
        "- **Measured weekly:** reached, answered, goal met, handed to a person, opted out; each with its count and "
        "interval, by source, site and phase."
    )
    yield "- **To look at one patient:** `/outreach why CASE` shows every text sent or held, and the rule that decided it."


def _signatures(said: Plan) -> Iterator[str]:
    yield from _table(
        [(f"owner: {said.owner}", "", ""), ("clinical lead", "", ""), ("compliance", "", "")],
        head=("agreed by", "name", "date"),
    )


def _table(rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]], head: tuple[str, ...] = ("", "")) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
