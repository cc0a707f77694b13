"""What outreach added and what it cost, once more: holdouts, wordings, recovered visits and money. Plain Python by docs/kpis.md."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tests.kpis.counting import Wanted
from tests.kpis.estimates import Told, newcombe, share
from tests.kpis.files import Books, Row, at, by
from tests.kpis.recount_numbers import left

ATTENDED = {"arrived", "checked-in", "fulfilled"}
NOT_CALLED = {"planned", "held", "refused", "cancelled", "not_sent"}
PROGRAM = "no_show"
Part = tuple[int, int]  # hits, of


@dataclass(frozen=True, slots=True)
class Lift:
    """(recovered, of) of those contacted and of the holdout; `effect` is value, low, high."""

    contacted: Part
    holdout: Part

    @property
    def effect(self) -> tuple[float, float, float] | None:
        return newcombe(self.contacted, self.holdout)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the runs that are 60 days old; `added`: recovered that would not have come without us, `sure`: as the holdout shows."""

    runs: int
    recovered: int
    segments: int
    calls: int
    cases: int
    total: float
    added: float | None
    sure: bool

    @property
    def each_added(self) -> float | None:
        """What one of those cost; nothing where the interval holds none."""
        return self.total / self.added if self.added and self.added > 0 and self.sure else None

    @property
    def told(self) -> Told:
        each = self.total / self.recovered if self.recovered >= 10 else None
        return Told(round(self.total, 2), self.recovered, each)


def lift(books: Books, wanted: Wanted) -> Lift:
    """Recovered alike on both sides: a visit attended within 60 days of the start; of the campaigns (or programs) that have both."""
    pools: dict[str, dict[bool, list[bool]]] = defaultdict(lambda: {True: [], False: []})
    for pool, program, held, patient, began in _arms(books):
        if wanted.first <= books.day(began) <= wanted.old_enough(books, "recovered") and wanted.program in (
            "",
            program,
        ):
            pools[pool][held].append(came(books, patient, began))
    both = [arms for arms in pools.values() if arms[True] and arms[False]]
    parts = {held: [one for arms in both for one in arms[held]] for held in (True, False)}
    return Lift(*((sum(parts[held]), len(parts[held])) for held in (False, True)))


def _arms(books: Books) -> Iterator[tuple[str, str, bool, str, datetime]]:
    """(pool, program, held out, patient, since when) of every run, and of the holdouts of campaigns, who never had one."""
    for key, run in books.runs.items():
        held = run["holdout"] == "yes" and run["source"] != "test" and key not in books.duplicates
        if held or key in books.counted:
            yield run["campaign"] or run["program"], run["program"], held, run["patient"], at(run["started_at"])
    for row in books.of["campaign_members"]:
        campaign = books.campaigns[row["campaign"]]
        if (
            row["holdout"] == "yes"
            and row["verdict"] != "excluded"
            and not row["enrollment"]
            and campaign["launched_at"]
        ):
            yield row["campaign"], campaign["program"], True, row["patient"], at(campaign["launched_at"])


def came(books: Books, patient: str, began: datetime, *, but: str = "") -> bool:
    """To a visit after `began`, within 60 days."""
    until = books.later(began, 60)
    mine = (row for row in books.visits[patient] if row["status"] in ATTENDED and row["appointment"] != but)
    return any(began < at(row["start_at"]) <= until for row in mine)


def arms(books: Books, wanted: Wanted) -> dict[str, Told]:
    """Recovered, split by arm."""
    found = lift(books, wanted)
    return {"contacted": share(*found.contacted), "holdout": share(*found.holdout)}


def difference(books: Books, wanted: Wanted) -> Told:
    """Recovered of those contacted less that of the holdout; its counts are the contacted."""
    found = lift(books, wanted)
    value, low, high = found.effect or (None, None, None)
    return Told(*found.contacted, value, low, high)


def cost(books: Books, wanted: Wanted) -> Cost:
    """Segments × (price + fee) + calls × price + staff minutes × rate, of a program's runs; and the visits that came of them."""
    program, price = wanted.program or PROGRAM, {row["name"]: float(row["value"]) for row in books.of["prices"]}
    last = wanted.old_enough(books, "cost_per_recovered")
    mine = {
        key: run for key, run in books.runs.items()
        if key in books.counted and run["program"] == program and wanted.first <= books.day(at(run["started_at"])) <= last
    }  # fmt: skip
    texts = [row for key in mine for row in books.messages[key] if row["direction"] == "out"]
    segments = sum(int(row["segments"]) for row in texts if row["channel"] != "voice" and left(row))
    calls = sum(row["channel"] == "voice" and row["state"] not in NOT_CALLED for row in texts)
    touched = sum(_touched(books, row) for row in books.of["cases"] if row["enrollment"] in mine)
    recovered = sum(came(books, run["patient"], at(run["started_at"]), but=run["appointment"]) for run in mine.values())
    total = (
        segments * (price["segment_usd"] + price["carrier_fee_usd"]) + calls * price["voice_call_usd"]
        + touched * price["staff_minutes_a_case"] / 60 * price["staff_hour_usd"]
    )  # fmt: skip
    effect = lift(books, Wanted(wanted.first, wanted.last, program=program)).effect
    sure = effect is not None and (effect[1] > 0 or effect[2] < 0)
    return Cost(len(mine), recovered, segments, calls, touched, total, effect[0] * len(mine) if effect else None, sure)


def _touched(books: Books, case: Row) -> bool:
    """Somebody of the staff did something with it."""
    return any(row["staff"] and row["case"] == case["case"] for row in books.of["case_events"])


def wordings(
    books: Books, wanted: Wanted, facts: dict[str, dict[str, bool | None]]
) -> dict[tuple[int, int], tuple[Part, Part | None]]:
    """{(campaign, version): (replied, completed)} of the campaigns with more than one; completed once all of them are 30 days old."""
    tried = {
        campaign: {row["version"] for row in rows}
        for campaign, rows in by("campaign", books.of["campaign_wordings"]).items()
    }
    found: dict[tuple[int, int], list[tuple[bool, dict[str, bool | None]]]] = defaultdict(list)
    for key in books.counted:
        run = books.runs[key]
        day, versions = books.day(at(run["started_at"])), tried.get(run["campaign"], set())
        if len(versions) < 2 or run["version"] not in versions or wanted.program not in ("", run["program"]):
            continue
        if wanted.first <= day <= wanted.old_enough(books, "response"):
            place = (int(books.campaigns[run["campaign"]]["number"]), int(books.versions[run["version"]]["number"]))
            found[place].append((day <= wanted.old_enough(books, "completion"), facts[key]))
    return {place: _wording(rows) for place, rows in sorted(found.items())}


def _wording(rows: list[tuple[bool, dict[str, bool | None]]]) -> tuple[Part, Part | None]:
    replied = [facts["response"] for _, facts in rows if facts.get("response") is not None]
    done = [facts["completion"] for _, facts in rows if facts.get("completion") is not None]
    over = all(old for old, _ in rows)
    return (sum(map(bool, replied)), len(replied)), (sum(map(bool, done)), len(done)) if over else None
