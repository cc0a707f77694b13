"""The report's sheet, gathered: the digest that a channel gets, every KPI beside what it was, the splits, phases, holdout and steps."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.db import org_of
from storage.tables import ProgramRow
from workflows import local_days
from workflows.kpis import baselines, engine, gathering, lift, maturity, objections, periods, steps
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import KPIS, PHASES
from workflows.kpis.digests import Digest
from workflows.kpis.figures import Figure, share
from workflows.kpis.gathering import Wanted
from workflows.kpis.group_names import GroupNames
from workflows.kpis.periods import Period
from workflows.kpis.scope import Scope
from workflows.kpis.sheets import ARMS, EQUITY, EQUITY_KPIS, SIDE_BY_SIDE, Row, Sheet

WEEK = timedelta(days=7)
EVER_DAYS = 400


def gather(session: Session, asked: Asked, *, owners: bool) -> Sheet:
    """Everything the report shows; `owners`: whether it may name teams and people.

    Of last week the digest is the one that channels get: each figure of the newest week that is old enough.
    """
    engine.catch_up(session)
    today = local_days.today(session)
    usual = asked.period == periods.week(today)
    wanted = Wanted(None if usual else asked.period, asked.program or "", owners=owners, pictured=True)
    digest = gathering.digest(session, wanted)
    known = GroupNames(digest.names)
    return Sheet(
        asked,
        digest,
        _rows(session, replace(asked, by=""), today),
        split=_groups(session, asked, known, today) if asked.by else (),
        phases=_phases(session, asked, today),
        equity={
            cut: _groups(session, replace(asked, by=cut, kpis=EQUITY_KPIS, period=_quarter(asked)), known, today)
            for cut in EQUITY
        },
        lift=_lift(session, asked),
        steps=steps.drop_off(session, asked.period, asked.program) if asked.program else (),
        wordings=lift.wordings(session, _ever(asked), program=asked.program),
        objections=objections.counts(session, asked.period, program=asked.program),
        baseline=next(
            (line.method for line in baselines.every(session) if line.program in ("", asked.program or "")), ""
        ),
        windows=_windows(session, asked.program, digest),
    )


def _windows(session: Session, program: str | None, digest: Digest) -> str:
    """Which of the programs that are shown are looked at otherwise: "After a stay (37 days to complete)"."""
    shown = {program} if program else {one.group for one in digest.breakdowns.get("program", ())}
    measures = maturity.measures(session).items()
    return ", ".join(
        f"{digest.names.get(('program', code), code)} ({maturity.words(own)})"
        for code, own in measures
        if code in shown
    )


def _rows(session: Session, asked: Asked, today: date) -> list[Row]:
    """Each KPI beside the same of as many days right before it."""
    scope, found = Scope(session, asked.period, asked.program), dict[str, Row]()
    for period, kpis in _periods(session, asked, today).items():
        now, before = scope.whole(period, kpis), scope.whole(period.before, kpis)
        found |= {kpi: Row(one, before=before.get(kpi), baseline=scope.baseline(kpi)) for kpi, one in now.items()}
    return [found[kpi] for kpi in KPIS if kpi in found]


def programs(session: Session) -> list[tuple[str, str]]:
    """(code, title) of those that can be asked for."""
    found = select(ProgramRow.code, ProgramRow.title).where(ProgramRow.org_id == org_of(session))
    return [(row.code, row.title) for row in session.execute(found.order_by(ProgramRow.title))]


def old_enough(period: Period, window: int, *, today: date) -> Period:
    """The period itself when a week of it or more has had its window; else as many whole weeks earlier as its last day needs.

    Weeks are counted back from this week's Monday, so that a report of last week says the same on every day of this one.
    """
    monday = today - timedelta(days=today.weekday())
    until = monday if period.last < monday else today
    ripe = until - timedelta(days=window + 1)
    if ripe >= period.last or ripe - period.first >= WEEK - timedelta(days=1):
        return period
    back = WEEK * -(-(period.last - ripe).days // 7)
    return Period(period.first - back, period.last - back)


def _periods(session: Session, asked: Asked, today: date) -> dict[Period, list[str]]:
    """The KPIs asked for under the days that each is of."""
    made: dict[Period, list[str]] = {}
    for kpi in asked.kpis or KPIS:
        made.setdefault(old_enough(asked.period, maturity.days(session, kpi, asked.program), today=today), []).append(
            kpi
        )
    return made


def _groups(session: Session, asked: Asked, names: GroupNames, today: date) -> list[Row]:
    """Every group that has anything; KPIs that are not split so have none."""
    found: list[Figure] = []
    for period, kpis in _periods(session, asked, today).items():
        found += engine.figures(session, replace(asked, period=period, kpis=tuple(kpis)))
    return [Row(one, names.of(asked.by, one.group)) for one in found if one.denominator]


def _phases(session: Session, asked: Asked, today: date) -> dict[str, list[Row]]:
    """Over all time, since phases are about when the outreach began and not about one week."""
    ever = Period(today - timedelta(days=EVER_DAYS - 1), today)
    found: dict[str, list[Row]] = {}
    for one in engine.figures(session, replace(asked, by="phase", period=ever, phase="", kpis=SIDE_BY_SIDE)):
        if one.denominator:
            found.setdefault(one.group, []).append(Row(replace(one, group="", phase=one.group)))
    return {phase: found[phase] for phase in PHASES if phase in found}


def _quarter(asked: Asked) -> Period:
    """A week has too few of most groups to be shown: at least thirteen, the last ones those that were asked for."""
    return Period(min(asked.period.first, asked.period.last - timedelta(weeks=13, days=-1)), asked.period.last)


def _ever(asked: Asked) -> Period:
    """Campaigns are rarer than weeks."""
    return Period(asked.period.first - timedelta(days=EVER_DAYS), asked.period.last)


def _lift(session: Session, asked: Asked) -> list[Row]:
    """Both arms and their difference; nothing where nobody was held out."""
    ever = _ever(asked)
    found = lift.incremental(session, ever, program=asked.program)
    if not found.holdout[0]:
        return []
    arms = {"contacted": found.contacted, "holdout": found.holdout}
    rows = [Row(share("recovered", hits, n, period=ever, group=arm), ARMS[arm]) for arm, (n, hits) in arms.items()]
    more = Figure("recovered", 0, found.holdout[0] + found.contacted[0], ever, "lift", note=found.note)
    if found.effect is not None:
        more = replace(more, value=found.effect.value, low=found.effect.low, high=found.effect.high)
    return [*rows, Row(more, ARMS["lift"])]
