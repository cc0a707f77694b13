"""Gathers a digest: the engine's figures, and the rows that are no figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from storage.db import now, org_of
from storage.tables import ProgramRow, PromiseRow, Staff, Team
from workflows.kpis import durations, oldest, series, states, steps, verdicts
from workflows.kpis.asked import Asked
from workflows.kpis.case_classes import CLASSES
from workflows.kpis.definitions import FEWEST, OF_STAFF
from workflows.kpis.digests import ALWAYS, BREAKDOWNS, HEADLINES, SPLIT, SPLIT_BY, Digest, Funnel, Headline, Oldest
from workflows.kpis.figures import Figure
from workflows.kpis.periods import Period
from workflows.kpis.scope import PART_WEEKS, Scope
from workflows.kpis.verdicts import Evidence, Step, Verdict

CHECKED = (
    "red_flag_miss", "duplicate_send", "survey_completion", "task_on_time", "avoidable_callbacks",
)  # fmt: skip
"""Figures that are no headline and that rules or baselines speak of."""
RULED = ("response", "completion", "delivery", "reach_72h", "opt_out")
"""What each program is judged by."""
MAIN = "completion"
OWN_PLANS = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true), set_config('jit', 'off', true)"
)
"""A week and four hundred days want different plans: the one that fits any would take minutes. A quarter is sorted in memory."""
STAGES = text(
    """
    SELECT count(*) AS started, count(*) FILTER (WHERE delivered) AS delivered, count(*) FILTER (WHERE reached) AS reached,
        count(*) FILTER (WHERE delivered AND replied) AS replied, count(*) FILTER (WHERE completed) AS completed
    FROM kpi_enrollments
    WHERE org_id = :org AND counted AND day BETWEEN :first AND :last AND (CAST(:program AS text) IS NULL OR program = :program)
    """
)
Names = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`period` None: for each figure the newest week that is old enough. `program` a code, "" for all. `owners`: for a manager's eyes.

    `by`: this breakdown alone, "" for all of them; `pictured`: with what pictures are drawn from.
    """

    period: Period | None = None
    program: str = ""
    owners: bool = False
    by: str = ""
    pictured: bool = False


def digest(session: Session, wanted: Wanted) -> Digest:
    """Everything the digest says, read in one transaction."""
    session.execute(OWN_PLANS)
    scope, names = Scope(session, wanted.period, wanted.program or None), _names(session)
    headlines, groups = list(_headlines(scope)), _breakdowns(scope, wanted)
    period = _funnel_period(scope)
    lost = _steps(scope, period, names)
    every = [_of_its_program(step, code, lost, names) for code, found in lost.items() for step in found]
    found = verdicts.of(replace(_evidence(headlines, groups, names), claims=_claims(scope), steps=every))
    if scope.program is None:
        found += _of_programs(scope, lost, names)
    made = Digest(
        period=scope.weeks(),
        as_of=states.as_of(session) or now(session),
        program=wanted.program,
        title=names.get(("program", wanted.program), wanted.program) if wanted.program else "All programs",
        headlines=[one for one in headlines if one.figure.kpi in HEADLINES],
        funnel=_funnel(scope, period),
        steps=every,
        worst=verdicts.worst_step(every),
        oldest=_oldest(scope),
        promises_late=_promises_late(session),
        verdicts=found,
        breakdowns=groups,
        names=names,
        owners=wanted.owners,
        phases=series.phases(scope, MAIN),
    )
    if not wanted.pictured:
        return made
    return replace(
        made,
        trend=series.trend(scope, MAIN),
        trends=series.trends(scope, MAIN, _programs(scope, names)) if scope.program is None else {},
        hours=series.hours(scope),
    )


def glance(session: Session) -> list[Figure]:
    """What a manager's Home says: reached and completed, each of the newest week that is old enough."""
    scope = Scope(session)
    return [found for kpi in ("reach", MAIN) if (found := scope.whole(scope.weeks(kpi), (kpi,)).get(kpi))]


def _headlines(scope: Scope) -> Iterable[Headline]:
    found: dict[str, Headline] = {}
    for period, kpis in scope.by_period((*HEADLINES, *CHECKED)).items():
        current, before = scope.whole(period, kpis), scope.whole(period.before, kpis)
        for kpi in kpis:
            if kpi in current and (kpi in ALWAYS or current[kpi].denominator):
                found[kpi] = Headline(current[kpi], before.get(kpi), scope.baseline(kpi))
    return [found[kpi] for kpi in (*HEADLINES, *CHECKED) if kpi in found]


def _funnel_period(scope: Scope) -> Period:
    """What was asked for, else the newest weeks whose runs are all over."""
    return scope.weeks(MAIN, weeks=PART_WEEKS)


def _funnel(scope: Scope, period: Period) -> Funnel | None:
    """The same runs at each stage, also those that have time left."""
    asked = {"org": org_of(scope.session), "first": period.first, "last": period.last, "program": scope.program}
    row = scope.session.execute(STAGES, asked).one()
    so_far = period.last + timedelta(days=scope.days(MAIN)) >= scope.today
    if not row.started:
        return None
    return Funnel(period, row.started, row.delivered, row.reached, row.replied, row.completed, so_far=so_far)


def _steps(scope: Scope, period: Period, names: Names) -> dict[str, list[Step]]:
    """{program: its steps}."""
    found = steps.lost_at(scope.session, period, _programs(scope, names))
    return {code: [Step(one.step, one.title, one.entered, one.lost) for one in of_it] for code, of_it in found.items()}


def _of_its_program(step: Step, code: str, lost: Mapping[str, Sequence[Step]], names: Names) -> Step:
    """Among the steps of several programs a title begins with its program's."""
    return replace(step, title=f"{names['program', code]}, {step.title}") if len(lost) > 1 else step


def _breakdowns(scope: Scope, wanted: Wanted) -> dict[str, list[Figure]]:
    cuts = (wanted.by,) if wanted.by else BREAKDOWNS
    allowed = [
        cut for cut in cuts if (cut not in OF_STAFF or wanted.owners) and not (cut == "program" and wanted.program)
    ]
    return {cut: found for cut in allowed if (found := scope.split(cut, SPLIT_BY.get(cut, SPLIT), weeks=PART_WEEKS))}


def _evidence(headlines: Sequence[Headline], groups: Mapping[str, Sequence[Figure]], names: Names) -> Evidence:
    """What the rules are shown of all; splits are judged by completion."""
    completed = {cut: [one for one in found if one.kpi == MAIN] for cut, found in groups.items()}
    return Evidence(
        figures={one.figure.kpi: one.figure for one in headlines},
        before={one.figure.kpi: one.before for one in headlines if one.before},
        baseline={one.figure.kpi: one.baseline for one in headlines if one.baseline},
        groups=completed,
        programs=completed.get("program", ()),
        names=names,
    )


def _of_programs(scope: Scope, lost: Mapping[str, Sequence[Step]], names: Names) -> list[Verdict]:
    """The most pressing verdict of each program that has one (S67)."""
    current, before = _by_program(scope, back=False), _by_program(scope, back=True)
    said: list[Verdict] = []
    worst = verdicts.worst_step([step for found in lost.values() for step in found])
    for code in _programs(scope, names):
        based = {kpi: line for kpi in current.get(code, {}) if (line := scope.baseline(kpi, code))}
        shown = Evidence(current.get(code, {}), before.get(code, {}), based, steps=lost.get(code, ()), names=names)
        told = worst in shown.steps and len(lost) > 1  # among what is said of all
        if found := [one for one in verdicts.of(shown) if not (one.code == "drop_off" and told)]:
            said.append(replace(found[0], sentence=f"{names['program', code]}: {found[0].sentence}", program=code))
    return said


def _by_program(scope: Scope, *, back: bool) -> dict[str, dict[str, Figure]]:
    made: dict[str, dict[str, Figure]] = {}
    for figure in scope.split("program", RULED, back=back):
        made.setdefault(figure.group, {})[figure.kpi] = figure
    return made


def _claims(scope: Scope) -> list[Figure]:
    """Time to claim by class: red flags are held against the clock, the others against working time."""
    period = scope.weeks(weeks=PART_WEEKS)
    found = durations.time_to_claim(scope.session, Asked(period, scope.program, by="class"))
    made = [(one, one.figure(period)) for one in found]
    return [
        replace(figure, value=one.clock.median, high=one.clock.p90)
        if one.group == "red_flag" and figure.denominator >= FEWEST
        else figure
        for one, figure in made
        if figure.denominator
    ]


def _oldest(scope: Scope) -> list[Oldest]:
    found = oldest.longest_open(scope.session, scope.program)
    return [Oldest(one.case_id, one.number, one.age, one.klass, one.team) for one in found]


def _promises_late(session: Session) -> int:
    late = select(func.count()).where(
        PromiseRow.org_id == org_of(session), PromiseRow.kept_at.is_(None), PromiseRow.due_at < now(session)
    )
    return session.scalar(late) or 0


def _names(session: Session) -> dict[tuple[str, str], str]:
    """What people call programs, teams, their people and classes of cases; every other code is its own name."""
    programs = select(ProgramRow.code, ProgramRow.title).where(ProgramRow.org_id == org_of(session))
    teams = select(Team.code, Team.name).where(Team.org_id == org_of(session))
    people = select(Staff.id, Staff.name).where(Staff.org_id == org_of(session))
    return {
        **{("program", code): title for code, title in session.execute(programs.order_by(ProgramRow.code))},
        **{("owner", code): name for code, name in session.execute(teams)},
        ("person", "none"): "Nobody yet",
        **{("person", str(one)): name for one, name in session.execute(people)},
        **{("class", code): name for code, name in CLASSES.items()},
    }


def _programs(scope: Scope, names: Names) -> list[str]:
    return [code for cut, code in names if cut == "program" and scope.program in (None, code)]
