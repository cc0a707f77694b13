"""Whose runs they are, made up by chance; a trial with a holdout, in which who was contacted came more often, and one of wordings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from tests.kpis.runs import Reply, Run, Text, Visit, Work, wall

TRIED, HELD, RECALLED = 36, 18, 30
LATE = wall("10-25 09:00"), wall("12-24 08:30")
"""A start before the clocks went back, and a visit 60 days on by the wall, which is 60 days and half an hour."""


def differ(dice: Random, runs: Sequence[Run]) -> list[Run]:
    """The same runs, of people who differ; some are the second or third of one patient."""
    made: list[Run] = []
    numbers = {"survey": 30, "discharge": 80}
    for run in runs:
        one = replace(
            run, birth_year=dice.choice((None, 1930, 1950, 1961, 1975, 1990, 2012)), zip3=dice.choice(("606", "606", "601", "036", None)),
            payer=dice.choice((None, "medicaid", "commercial")), segment=dice.choice((None, "new", "established")),
            at_site=dice.random() < 0.5, source=dice.choice(("ehr", "ehr", "crm", "api", "test" if dice.random() < 0.4 else "ehr")),
        )  # fmt: skip
        if run.program in numbers:
            numbers[run.program] += 1
            one = replace(one, run_no=numbers[run.program])
        if run.program == "recall":
            one = replace(
                one,
                source="campaign",
                campaign=1 if run.started < wall("11-14 00:00") else 2,
                wording=dice.choice((1, 2)),
            )
            one = replace(one, wording=1) if one.campaign == 2 else one
        if run.program == "discharge" and dice.random() < 0.4:
            one = replace(one, due=run.started + timedelta(days=dice.uniform(3, 15)))
        made.append(_again(dice, one, made))
    return made


def _again(dice: Random, run: Run, before: Sequence[Run]) -> Run:
    """Now and then the run of a patient who has had another one."""
    alone = run.program != "reminder" and run.shares_text_of is None and run.same_person_as is None
    others = [
        one for one in before
        if one.program not in ("reminder", run.program) and one.same_patient_as is None and one.started < run.started
    ]  # fmt: skip
    return replace(run, same_patient_as=dice.choice(others).n) if alone and others and dice.random() < 0.15 else run


def trial(dice: Random, first: int) -> Iterator[Run]:
    """Runs after missed visits, of which a part was held out."""
    for n in range(TRIED + HELD):
        held = n < HELD
        began = wall("10-21 09:00") + timedelta(days=dice.uniform(0, 22))
        missed = Visit(began - timedelta(hours=3), "noshow", None, began - timedelta(hours=2))
        came = began + timedelta(days=dice.uniform(2, 40)) if dice.random() < (0.05 if held else 0.95) else None
        visits = (Visit(came, "fulfilled", began + timedelta(days=1), came + timedelta(minutes=30)),) if came else ()
        run = Run(first + n, "no_show", began, visit=missed, others=visits, holdout=held)
        yield run if held else _contacted(dice, run)
    yield _late(first + TRIED + HELD)
    for n in range(RECALLED):
        yield _recalled(dice, first + TRIED + HELD + 1 + n)


def _contacted(dice: Random, run: Run) -> Run:
    at, hour = run.started + timedelta(minutes=5), timedelta(hours=1)
    first = Text("first", at, "delivered", at + timedelta(minutes=1), segments=2)
    call = Text("second", at + 24 * hour, "delivered", at + 24 * hour + timedelta(minutes=1), channel="voice")
    asks = Work(
        "reschedule", at + 2 * hour, at + 6 * hour, claimed=at + 3 * hour, closed=at + 4 * hour, disposition="booked"
    )
    told = replace(run, texts=(first, call))
    if dice.random() < 0.3:
        return told
    return replace(told, replies=(Reply(at + hour, "ready"),), cases=(asks,), ended=at + 4 * hour, outcome="booked")


def _recalled(dice: Random, n: int) -> Run:
    """Of the campaign that tries two wordings: answered, or not."""
    began = wall("10-21 10:00") + timedelta(days=dice.uniform(0, 22))
    text = Text(
        "invite",
        began,
        dice.choice(("delivered", "delivered", "delivered", "undelivered")),
        began + timedelta(minutes=1),
    )
    said = Reply(
        began + timedelta(hours=dice.uniform(1, 200)), dice.choice(("ready", "decline", "stop_in_words", "form"))
    )
    run = Run(n, "recall", began, texts=(text,), replies=(said,) if dice.random() < 0.6 else ())
    outcome = dice.choice(("booked", "declined", "completed"))
    return (
        replace(run, ended=began + timedelta(days=dice.uniform(8, 40)), outcome=outcome) if dice.random() < 0.7 else run
    )


def _late(n: int) -> Run:
    began, came = LATE
    missed = Visit(began - timedelta(hours=3), "noshow", None, began - timedelta(hours=2))
    back = Visit(came, "fulfilled", began + timedelta(days=1), came + timedelta(minutes=30))
    text = Text("first", began, "delivered", began + timedelta(minutes=1))
    return Run(n, "no_show", began, visit=missed, others=(back,), texts=(text,))
