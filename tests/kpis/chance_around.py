"""What is around the runs of a clinic made up by chance: money, hours, campaigns with holdouts, calls, reviews, stops by others."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random

from tests.kpis.around import Around, Campaign, Correction, Held, Review, Stop
from tests.kpis.chance_people import LATE
from tests.kpis.chance_work import NOW
from tests.kpis.runs import Run, wall

PRICES = {
    "segment_usd": 0.0083,
    "carrier_fee_usd": 0.003,
    "voice_call_usd": 0.02,
    "staff_hour_usd": 32,
    "staff_minutes_a_case": 9,
}
HOURS = {
    "patient_access": {
        "days": {str(day): [["08:00", "12:00"], ["12:30", "17:00"]] for day in range(1, 6)}, "closed": ["2026-12-24"], "holidays": True,
        "zone": "America/Denver",
    },
    "clinical": {"days": {str(day): [["00:00", "24:00"]] for day in range(1, 8)}},
}  # fmt: skip
STOPPING = ("stop", "stop_in_words", "wrong_number")
URGENCIES = ("none", "admin", "urgent", "emergency")
REASONS = ("instructions", "visit_time", "form", "repeat", "billing", "new_time")


def around(dice: Random, runs: Sequence[Run], *, weeks: bool) -> Around:
    """`weeks`: a phone system counted calls; else there are those that staff logged."""
    return Around(
        prices=PRICES,
        hours=HOURS,
        campaigns=(
            Campaign("recall", "overdue", "front_office", wall("10-19 08:00"), wordings=2, held=tuple(_held(dice))),
            Campaign("recall", "annual", "patient_access", wall("11-14 08:00")),
        ),
        weeks=tuple(_weeks(dice)) if weeks else (),
        baselines=(("", 210, 300), ("discharge", 95, 100)),
        discharges=tuple(wall("10-20 10:00") + timedelta(days=dice.uniform(0, 80)) for _ in range(12)),
        routing=(wall("11-25 09:00"),),
        reviews=tuple(_reviews(dice, runs)),
        corrections=tuple(_corrections(dice, runs)),
        stops=tuple(_stops(dice, runs)),
    )


def _held(dice: Random) -> Iterator[Held]:
    for n in range(16):
        came = wall("10-19 08:00") + timedelta(days=dice.uniform(1, 80)) if dice.random() < 0.4 else None
        yield Held(came, excluded=n > 13)


def _weeks(dice: Random) -> Iterator[tuple[date, str, str, int]]:
    """Nobody counted in the third week."""
    for n in range(12):
        if n == 2:
            continue
        for reason in REASONS:
            yield date(2026, 10, 19) + timedelta(weeks=n), reason, "", dice.randrange(3)
            yield date(2026, 10, 19) + timedelta(weeks=n), reason, "discharge", dice.randrange(3)


def _reviews(dice: Random, runs: Sequence[Run]) -> Iterator[Review]:
    for run in runs:
        if run.ended and run.replies and dice.random() < 0.4:
            at = min(run.ended + timedelta(hours=dice.uniform(1, 60)), NOW)
            yield Review(
                run.n,
                dice.choice(("passed", "passed", "fail_tone", "fail_red_flag")),
                at,
                dice.choice(("end", "end", "end", "start")),
            )


def _corrections(dice: Random, runs: Sequence[Run]) -> Iterator[Correction]:
    """Now and then one after another."""
    for run in runs:
        for place, reply in enumerate(run.replies):
            if reply.kind != "form" and dice.random() < 0.15:
                was, says, then = (dice.choice(URGENCIES) for _ in range(3))
                at = min(reply.at + timedelta(hours=dice.uniform(0.1, 20)), NOW - timedelta(minutes=2))
                yield Correction(run.n, place, was, says, at)
                if dice.random() < 0.3:
                    yield Correction(run.n, place, says, then, at + timedelta(minutes=1))


def _stops(dice: Random, runs: Sequence[Run]) -> Iterator[Stop]:
    """By the carrier, by staff, lifted again; and a number that is found wrong within the hour by which a month is longer."""
    spoke = {run.same_patient_as or run.n for run in runs if any(reply.kind in STOPPING for reply in run.replies)}
    quiet = [
        run for run in runs
        if run.texts and run.same_patient_as is None and run.shares_text_of is None and run.n not in spoke and run.started != LATE[0]
    ]  # fmt: skip
    for place, run in enumerate(dice.sample(quiet, 9)):
        since = min(run.texts[0].at + timedelta(days=dice.uniform(-3, 30)), NOW - timedelta(days=1))
        source = ("carrier", "staff", "keyword", "wrong_number")[place % 4]
        yield Stop(run.n, source, since, _lifted(dice, since) if place % 3 == 0 else None)
    late = next(run for run in runs if run.started == LATE[0])
    yield Stop(late.n, "wrong_number", late.started + timedelta(days=30, minutes=30))


def _lifted(dice: Random, since: datetime) -> datetime:
    return min(since + timedelta(days=dice.uniform(0.5, 20)), NOW)
