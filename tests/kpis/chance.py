"""Months of a clinic made up by chance, the same for the same seed: with late receipts, cases that come back, merged charts, holdouts,
wrong numbers, opt-outs in the middle, a household's one text, and runs around the night in which clocks go back.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from tests.kpis import chance_around, chance_people, chance_work
from tests.kpis.chance_work import NOW as NOW
from tests.kpis.runs import Clinic, Reply, Run, Text, Visit, wall

STEPS = {
    "no_show": ("first", "second", "third", "times"), "survey": ("ask", "nudge", "comment"), "recall": ("invite", "nudge", "last"),
    "discharge": ("first", "next_steps", "how_are_you"), "reminder": ("three_days", "one_day"),
}  # fmt: skip
SAYS = {
    "no_show": ("ready", "slot", "reschedule"),
    "survey": ("score_9", "score_7", "score_4", "score_0", "complaint"),
    "recall": ("ready", "decline", "slot"),
    "discharge": ("understood", "not_understood", "question", "done"),
    "reminder": ("confirm", "reschedule"),
}
ANYBODY = ("stop", "stop_in_words", "wrong_number", "thanks", "emergency", "form")
ENDS = {
    "no_show": ("booked", "declined", "unreachable", "handed_over", "completed"),
    "survey": ("completed", "completed", "unreachable", "handed_over"),
    "recall": ("booked", "declined", "unreachable", "completed"),
    "discharge": ("completed", "completed", "declined"),
    "reminder": ("confirmed", "confirmed", "booked", "unreachable", "completed", "stopped_by_ehr"),
}
STATES = ("delivered",) * 14 + (
    "read",
    "undelivered",
    "failed",
    "rejected",
    "presumed_sent",
    "refused",
    "cancelled",
    "accepted",
)


def clinic(seed: int, *, runs: int = 120, first: int = 1) -> Clinic:
    """`runs` enrollments and a few more for merged charts, numbered from `first`; those from 1 with a trial and all that is around."""
    dice = Random(seed)
    made = list(_runs(dice, runs, first))
    if first > 1:
        return Clinic(now=NOW, runs=tuple(made))
    made = chance_people.differ(dice, [*made, *chance_people.trial(dice, made[-1].n + 1)])
    return Clinic(now=NOW, runs=tuple(made), around=chance_around.around(dice, made, weeks=bool(seed % 2)))


def run_of(dice: Random, n: int, started: datetime) -> Run:
    """One enrollment that began then, and what may have become of it until now."""
    program = dice.choice(tuple(STEPS))
    run = Run(n, program, started, language=dice.choice(("en", "en", "es")))
    visits = _visits(dice, run)
    run = replace(run, visit=visits.get("visit"), booked=visits.get("booked"), follow_up=visits.get("follow_up"))
    if dice.random() < 0.06:
        return replace(run, holdout=True)
    if dice.random() < 0.06:
        return _ended(run, started + timedelta(minutes=dice.randrange(5, 300)), "stopped_by_ehr")
    texts = tuple(_texts(dice, run))
    replies = tuple(_replies(dice, run)) if texts else ()
    run = replace(run, texts=texts, replies=replies, cases=tuple(chance_work.cases(dice, run.started)))
    told = next((reply for reply in replies if reply.kind in ("stop", "stop_in_words", "wrong_number")), None)
    if told is not None:
        return _ended(run, told.at, "wrong_number" if told.kind == "wrong_number" else "opted_out")
    if run.booked is not None and run.booked.booked_at and dice.random() < 0.8:
        return _ended(run, run.booked.booked_at, "booked")
    if dice.random() < 0.05:
        return replace(run, quarantined=started + timedelta(minutes=1))
    after = timedelta(hours=dice.uniform(1, 24 * 40))
    outcome = dice.choice(ENDS[program])
    return (
        _ended(replace(run, booked=None), started + after, outcome)
        if dice.random() < 0.85
        else replace(run, booked=None)
    )


def _ended(run: Run, when: datetime, outcome: str) -> Run:
    return replace(run, ended=when, outcome=outcome) if when < NOW else run


def _runs(dice: Random, many: int, first: int) -> Iterator[Run]:
    n, alone = first, None
    while n < first + many:
        run = run_of(dice, n, _start(dice))
        n += 1
        yield run
        if run.program != "reminder" or run.holdout:
            continue
        if run.visit is not None and dice.random() < 0.3:
            yield _merged(dice, n, run)
            n += 1
        elif alone is not None and run.texts and run.texts[-1].taken and dice.random() < 0.5:
            yield Run(
                n, "reminder", run.started + timedelta(seconds=7), visit=run.visit, shares_text_of=run.n, language="es"
            )
            n += 1
        alone = run


def _merged(dice: Random, n: int, run: Run) -> Run:
    """A second chart of the same person, whose run began while the first one's was under way, and was stopped."""
    until = min(run.ended or NOW, NOW)
    began = run.started + (until - run.started) * dice.uniform(0.1, 0.9)
    return Run(
        n, "reminder", began, ended=began + timedelta(seconds=30), outcome="stopped_by_ehr", same_person_as=run.n
    )


def _start(dice: Random) -> datetime:
    """A third in the week of the clock change, a third in the weeks that become old enough now, the others anywhere."""
    kind = dice.randrange(3)
    if kind == 0:
        day = wall("10-28 00:00") + timedelta(days=dice.uniform(0, 8))
    elif kind == 1:
        day = NOW - timedelta(days=dice.choice((3, 7, 14, 30, 60)) + dice.uniform(-1.5, 2.5))
    else:
        day = NOW - timedelta(days=dice.uniform(0.1, 85))
    return (day - timedelta(days=1) if day > NOW else day).astimezone(UTC).replace(microsecond=dice.randrange(10**6))


def _texts(dice: Random, run: Run) -> Iterator[Text]:
    when = run.started
    for step in STEPS[run.program][: dice.randrange(1, 5)]:
        when += timedelta(hours=dice.uniform(0.05, 70))
        late = (
            timedelta(hours=dice.uniform(70, 200)) if dice.random() < 0.1 else timedelta(minutes=dice.uniform(0.1, 9))
        )
        state, entered = dice.choice(STATES), dice.random() < 0.5
        segments, channel = dice.choice((1, 1, 2, 3)), "voice" if dice.random() < 0.04 else "sms"
        for at in (when, when + timedelta(minutes=1)) if dice.random() < 0.04 else (when,):
            if at < NOW:
                young = state != "refused" and at + late > NOW
                yield Text(step, at, "accepted" if young else state, min(at + late, NOW), segments, channel, entered)


def _replies(dice: Random, run: Run) -> Iterator[Reply]:
    when = run.started
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        when += timedelta(hours=dice.choice((dice.uniform(0.1, 20), dice.uniform(20, 120), dice.uniform(120, 260))))
        kind = dice.choice(ANYBODY) if dice.random() < 0.3 else dice.choice(SAYS[run.program])
        if when < NOW:
            yield Reply(when, kind)


def _visits(dice: Random, run: Run) -> dict[str, Visit]:
    start, found = run.started, dict[str, Visit]()
    if run.program == "no_show":
        found["visit"] = _visit(dice, start - timedelta(hours=dice.uniform(0.5, 20)), None, "noshow")
        if dice.random() < 0.5:
            booked = start + timedelta(days=dice.uniform(0.01, 20))
            if booked < NOW:
                found["booked"] = _visit(dice, booked + timedelta(days=dice.uniform(0.2, 75)), booked)
    elif run.program == "survey":
        found["visit"] = _visit(dice, start - timedelta(hours=dice.uniform(1, 20)), None, "fulfilled")
    elif run.program == "discharge" and dice.random() < 0.8:
        found["follow_up"] = _visit(dice, start + timedelta(days=dice.uniform(2, 20)), start - timedelta(hours=2))
    elif run.program == "reminder":
        found["visit"] = _visit(dice, start + timedelta(days=dice.uniform(2, 20)), start)
    return found


def _visit(dice: Random, at: datetime, booked: datetime | None, status: str = "") -> Visit:
    """One that is to come is booked; another ended somehow, called off at most two days before."""
    if at > NOW:
        return Visit(at, "booked", booked, booked or at)
    status = status or dice.choice(
        ("fulfilled", "fulfilled", "arrived", "noshow", "cancelled", "booked", "entered-in-error")
    )
    since = booked or at - timedelta(days=3)
    changed = (
        max(since, at - timedelta(hours=dice.uniform(0, 48))) if status == "cancelled" else at + timedelta(minutes=30)
    )
    return Visit(at, status, booked, min(changed, NOW))
