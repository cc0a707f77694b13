"""Hand-made figures of a clinic, as the engine would count them: what the tests of the report show."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from workflows.intervals import difference
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import KPIS
from workflows.kpis.digests import Digest, Funnel, Headline, Oldest
from workflows.kpis.figures import Figure, share
from workflows.kpis.lift import Wording
from workflows.kpis.objections import Objection
from workflows.kpis.periods import Period
from workflows.kpis.sheets import ARMS, EQUITY_KPIS, SIDE_BY_SIDE, Row, Sheet
from workflows.kpis.steps import StepCount
from workflows.kpis.verdicts import Step as DigestStep
from workflows.kpis.verdicts import Verdict

AS_OF = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))
OLDER = Period(date(2026, 10, 12), date(2026, 10, 18))
SHARES = {
    "delivery": (1210, 1240), "blocked": (31, 1271), "duplicate_send": (0, 1240), "reach_72h": (601, 1004), "reach": (702, 1004),
    "response": (655, 981), "completion": (296, 988), "untouched": (610, 940), "survey_started": (88, 120),
    "survey_completion": (80, 120), "survey_escalation": (9, 88), "no_show": (61, 512), "rebooked": (29, 74),
    "recovered": (5, 9), "escalation": (214, 655), "escalation_started": (214, 1004), "task_on_time": (180, 214),
    "task_ever": (209, 214), "sla": (171, 214), "opt_out": (12, 940), "wrong_number": (7, 510), "red_flag_miss": (0, 50),
}  # fmt: skip
BEFORE = {
    "reach": (640, 990),
    "response": (610, 970),
    "completion": (270, 950),
    "no_show": (66, 498),
    "opt_out": (11, 931),
}
BASELINE = {"reach": (300, 1000), "no_show": (420, 2000), "completion": (180, 1000)}
LANGUAGES = {"en": ("English", 1.0, 700), "es": ("Spanish", 0.62, 290), "vi": ("Vietnamese", 0.5, 7)}
AGES = {"18-39": ("18 to 39", 0.9, 300), "40-64": ("40 to 64", 1.0, 420), "65+": ("65 and over", 0.8, 277)}
FINDINGS = (
    Verdict(
        "slow_claims",
        "Needs faster staff follow-up: 1 in 10 reschedule cases waits longer than 5 h for a claim (target 4 h, n = 84)",
        "The 90th percentile of time to claim is over the target of the class",
        next="See who can claim reschedule cases, and when they wait.",
    ),
    Verdict("drop_off", "Most drop after text 2: 212 of 610 end there", "The step at which most runs end"),
)


def figures(shares: dict[str, tuple[int, int]], period: Period) -> dict[str, Figure]:
    return {kpi: share(kpi, *counts, period=period) for kpi, counts in shares.items()}


def a_row(kpi: str, period: Period) -> Row:
    """One KPI with what it was."""
    if kpi in SHARES:
        when = OLDER if KPIS[kpi].days >= 14 else period
        now, was, base = (figures(of, when).get(kpi) for of in (SHARES, BEFORE, BASELINE))
        assert now is not None
        return Row(now, before=was, baseline=base)
    made = {
        "time_to_claim": Figure("time_to_claim", 0, 214, period, value=38, high=305),
        "time_to_resolve": Figure("time_to_resolve", 0, 214, period, value=410, high=2900),
        "cost_per_recovered": Figure("cost_per_recovered", 1460, 20, OLDER, value=73),
        "opt_out_1000": Figure("opt_out_1000", 12, 1240, period, value=9.7, low=5.5, high=16.9),
    }
    none = Figure(kpi, 0, 0, period, note="Nobody has brought these in yet.")
    return Row(
        made.get(kpi, none),
        before=Figure("time_to_claim", 0, 190, period, value=50, high=290) if kpi == "time_to_claim" else None,
    )


def a_group(kpi: str, code: str, *, name: str, factor: float, n: int) -> Row:
    hits, of = SHARES[kpi]
    return Row(share(kpi, min(n, round(n * factor * hits / of)), n, period=WEEK, group=code), name)


def a_sheet(asked: Asked = Asked(WEEK)) -> Sheet:  # noqa: B008 - frozen
    rows = [a_row(kpi, asked.period) for kpi in KPIS]
    known = {row.figure.kpi: row for row in rows}
    cut = {"language": LANGUAGES, "age": AGES}
    split = [
        a_group(kpi, code, name=name, factor=factor, n=n)
        for kpi in SHARES
        for code, (name, factor, n) in cut.get(asked.by, {}).items()
    ]
    phases = {
        phase: [
            Row(share(kpi, round(n * factor * SHARES[kpi][0] / SHARES[kpi][1]), n, period=WEEK, phase=phase))
            for kpi in SIDE_BY_SIDE
            if kpi in SHARES
        ]
        for phase, factor, n in (("baseline", 0.6, 900), ("pilot_1", 0.8, 50), ("pilot_2", 0.9, 50), ("steady", 1, 800))
    }
    equity = {
        name: [
            a_group(kpi, code, name=said, factor=factor, n=n)
            for kpi in EQUITY_KPIS
            for code, (said, factor, n) in of.items()
        ]
        for name, of in cut.items()
    }
    contacted = share("recovered", 44, 120, period=OLDER, group="contacted")
    holdout = share("recovered", 22, 110, period=OLDER, group="holdout")
    lift = Figure("recovered", 0, 230, OLDER, "lift", value=44 / 120 - 22 / 110, low=0.049, high=0.277)
    return Sheet(
        asked,
        a_digest(asked, {kpi: Headline(row.figure, row.before, row.baseline) for kpi, row in known.items()}),
        rows,
        split=split,
        phases=phases,
        equity=equity,
        lift=[Row(one, ARMS[one.group]) for one in (contacted, holdout, lift)],
        steps=[
            StepCount("text_1", "Text 1", 1004, 981, 371, 40, 23, text=True),
            StepCount("text_2", "Text 2", 610, 596, 222, 240, 212, text=True),
            StepCount("call", "Call", 166, 0, 31, 140, 135, text=False),
        ],
        wordings=[
            Wording(12, 3, (310, 140), (318, 96)),
            Wording(
                12, 4, (305, 176), (309, 101), difference((305, 176), (310, 140)), difference((309, 101), (318, 96))
            ),
            Wording(14, 4, (40, 11), None),
            Wording(15, 4, (9, 2), (9, 1)),
            Wording(15, 5, (8, 3), (8, 2)),
        ],
        objections=[
            Objection("no_show", "transport", 31),
            Objection("no_show", "cost", 12),
            Objection("recall", "fear", 4),
        ],
        baseline="No-shows of the scheduling system, Jan 5 to Mar 29, 2026, of all sites",
    )


def week(n: int) -> Period:
    first = date(2026, 8, 31) + timedelta(days=7 * n)
    return Period(first, first + timedelta(days=6))


PROGRAM_NAMES = {"no_show": "No-show recovery", "recall": "Recall", "reminder": "Visit reminder"}
PROGRAMS = {"no_show": (40, 160), "recall": (20, 150), "reminder": (120, 180)}


def weeks_of(hits: int, n: int) -> list[tuple[date, Figure]]:
    return [(week(w).first, share("completion", hits - 10 * (w == 11), n, period=week(w))) for w in range(12)]


def by_program(code: str, hits: int, n: int) -> Figure:
    return share("completion", 4 * hits, 4 * n, period=OLDER, group=code)


def a_digest(asked: Asked, headlines: dict[str, Headline]) -> Digest:
    return Digest(
        asked.period,
        AS_OF,
        program=asked.program or "",
        title="No-show recovery" if asked.program else "All programs",
        headlines=list(headlines.values()),
        funnel=Funnel(asked.period, 1004, 981, 702, 655, 296),
        oldest=[
            Oldest(UUID(int=n), 1000 + n, timedelta(days=9 - n), "reschedule", "Patient access") for n in (1, 2, 3)
        ],
        promises_late=2,
        worst=DigestStep("text_2", "Text 2", 610, 212),
        verdicts=FINDINGS,
        trend=[(week(n).first, share("completion", 30 + 2 * n, 150, period=week(n))) for n in range(12)],
        trends={} if asked.program else {code: weeks_of(*counts) for code, counts in PROGRAMS.items()},
        breakdowns={}
        if asked.program
        else {"program": [by_program(code, *counts) for code, counts in PROGRAMS.items()]},
        names={("program", code): name for code, name in PROGRAM_NAMES.items()},
        phases=[
            (phase, share("completion", hits, n, period=OLDER, phase=phase))
            for phase, hits, n in (("baseline", 180, 1000), ("pilot_1", 12, 50), ("steady", 296, 988))
        ],
    )


def gather(session: Session, asked: Asked, *, owners: bool) -> Sheet:
    """In the place of the engine."""
    return a_sheet(asked)


def an_empty_sheet(asked: Asked = Asked(WEEK)) -> Sheet:  # noqa: B008 - frozen
    """A clinic that has just begun."""
    rows = [Row(share(kpi, 0, 0, period=asked.period)) for kpi in KPIS]
    return Sheet(
        asked,
        replace(a_digest(asked, {}), funnel=None, oldest=(), promises_late=0, verdicts=()),
        rows,
    )
