"""The worst digest: three hundred programs and groups with the longest names, every rule's sentence."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from bot import digest as face
from bot.blocks import Message
from bot.surfaces import worst
from workflows.kpis.definitions import KPIS
from workflows.kpis.digests import BREAKDOWNS, HEADLINES, SPLIT, SPLIT_BY, Digest, Funnel, Headline, Oldest
from workflows.kpis.figures import Figure, share
from workflows.kpis.periods import Period
from workflows.kpis.verdicts import Step, Verdict

PERIOD = Period(date(2025, 11, 1), date(2026, 11, 30))
GROUPS = 300
SUBJECT = f"{'program_' * 7}~2025-11-01..2026-11-30~language"


def messages() -> dict[str, Message]:
    """By name."""
    digest = a_digest()
    whole = face.build(digest, zone=worst.ZONE, subject=SUBJECT)
    split = face.build(digest, zone=worst.ZONE, by="program", subject=SUBJECT)
    thread = {f"digest.thread.{n}": message for n, message in enumerate(face.thread(digest))}
    return {"digest.weekly": whole, "list.kpis": split, **thread}


def a_digest() -> Digest:
    """With as much of everything as there can be."""
    figures = [_figure(kpi) for kpi in HEADLINES]
    groups = [f"{n} {worst.LONG}" for n in range(GROUPS)]
    step = Step("ask", worst.LONG, 999_999, 99_999)
    return Digest(
        period=PERIOD,
        as_of=worst.NOW,
        program="program",
        title=worst.TITLE,
        headlines=[Headline(one, one, one) for one in figures],
        funnel=Funnel(PERIOD, 999_999, 888_888, 777_777, 666_666, 555_555),
        steps=[step] * GROUPS,
        worst=step,
        oldest=[Oldest(UUID(int=1), 9_999_999, timedelta(days=300, hours=23))] * 3,
        promises_late=99_999,
        verdicts=[Verdict(f"rule_{n}", worst.LONG, worst.LONG, tuple(figures), worst.LONG) for n in range(GROUPS)],
        breakdowns={
            cut: [_figure(kpi, group) for group in groups for kpi in SPLIT_BY.get(cut, SPLIT)] for cut in BREAKDOWNS
        },
        owners=True,
    )


def _figure(kpi: str, group: str = "") -> Figure:
    if KPIS[kpi].kind == "share":
        found = share(kpi, 123_456, 999_999, period=Period(PERIOD.first, date(2026, 10, 31)), group=group)
        return replace(found, note=worst.LONG if KPIS[kpi].own else "")
    return Figure(kpi, 1e6, 999_999, PERIOD, group, value=123_456.7, low=23_456.7, high=999_999.9)
