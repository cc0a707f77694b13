"""What happened in a run of a program, as plain values: read from a table written by hand, or made up by a generator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from tests.kpis.around import NOTHING_AROUND, Around, Correction, Review

ZONE = ZoneInfo("America/Chicago")
FOLDER = Path(__file__).parent
Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A text out. `state`: a message's, or rejected (the provider did not take it); `said_at`: when the provider said so.

    `entered`: the run came to this step for it, though it had been there before.
    """

    step: str
    at: datetime
    state: str
    said_at: datetime
    segments: int = 1
    channel: str = "sms"
    entered: bool = False

    @property
    def taken(self) -> bool:
        """The provider accepted it."""
        return self.state in TAKEN


@dataclass(frozen=True, slots=True)
class Reply:
    """What came in, by its kind (`database.READINGS`)."""

    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit in the EHR: when it was booked (None: long before), and when the EHR last changed it."""

    at: datetime
    status: str
    booked_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """A case; `again` is its second life, `calls` are (when, how), `steps` what else happened to it.

    `posted`: when its card stood in the channel, where that is known; `given`: somebody gave it to its owner.
    """

    kind: str
    opened: datetime
    due: datetime
    claimed: datetime | None = None
    closed: datetime | None = None
    disposition: str | None = None
    again: "Work | None" = None
    calls: tuple[tuple[datetime, str], ...] = ()
    steps: tuple[tuple[datetime, str], ...] = ()
    posted: datetime | None = None
    given: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One enrollment and everything about it.

    `shares_text_of`: the row of the other of a household; `same_person_as`: that of whose second chart this is; `same_patient_as`: that of
    the patient's own run before. `campaign` and `wording` are numbers, from 1; `due`: until when a discharge wants a visit.
    """

    n: int
    program: str
    started: datetime
    language: str = "en"
    ended: datetime | None = None
    outcome: str | None = None
    holdout: bool = False
    quarantined: datetime | None = None
    visit: Visit | None = None
    booked: Visit | None = None
    follow_up: Visit | None = None
    others: tuple[Visit, ...] = ()
    texts: tuple[Text, ...] = ()
    replies: tuple[Reply, ...] = ()
    cases: tuple[Work, ...] = ()
    shares_text_of: int | None = None
    same_person_as: int | None = None
    same_patient_as: int | None = None
    source: str = "ehr"
    campaign: int = 0
    wording: int = 1
    run_no: int | None = None
    segment: str | None = None
    payer: str | None = None
    birth_year: int | None = 1961
    zip3: str | None = "606"
    at_site: bool = False
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clinic:
    """All runs as of `now`, what is nobody's run, and what is around them."""

    now: datetime
    runs: tuple[Run, ...]
    practice: Work | None = None
    try_it: Text | None = None
    around: Around = NOTHING_AROUND

    def run(self, n: int) -> Run:
        """The run in row `n`."""
        return next(run for run in self.runs if run.n == n)


TAKEN = frozenset({"accepted", "sent", "delivered", "read", "undelivered", "failed", "presumed_sent"})


def forty() -> Clinic:
    """The forty enrollments of forty.yaml."""
    plain = _plain("forty.yaml")
    moment = datetime.strptime(plain["now"], "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
    return Clinic(
        now=moment.astimezone(UTC),
        runs=tuple(_run(n, facts) for n, facts in plain["runs"].items()),
        practice=_work({"kind": "practice", **plain["practice"]}),
        try_it=_text(f"try {plain['try_it']}"),
        around=_around(plain["around"]),
    )


def expected() -> Plain:
    """What follows from them, worked out by hand: forty_expected.yaml."""
    return _plain("forty_expected.yaml")


def wall(words: str) -> datetime:
    """ "11-01 00:30" on the clinic's wall: October to December of 2026, the other months of 2027."""
    year = 2026 if words.startswith("1") else 2027
    return datetime.strptime(f"{year}-{words}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE).astimezone(UTC)


def _plain(name: str) -> Plain:
    found: Plain = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return found


def _around(facts: Plain) -> Around:
    """`all` for what is of no program."""
    every = {"all": ""}
    return Around(
        prices=facts["prices"],
        baselines=tuple((every.get(program, program), calls, left) for program, calls, left in facts["baselines"]),
        weeks=tuple(
            (week, reason, every.get(program, program), calls) for week, reason, program, calls in facts["weeks"]
        ),
        discharges=tuple(wall(when) for when in facts["discharges"]),
        reviews=tuple(Review(run, verdict, wall(when), stage) for run, stage, verdict, when in facts["reviews"]),
        corrections=tuple(
            Correction(run, reply, was, says, wall(when)) for run, reply, was, says, when in facts["corrections"]
        ),
    )


def _run(n: int, facts: Plain) -> Run:
    when, _, outcome = facts["ended"].rpartition(" ") if "ended" in facts else ("", "", None)
    visits = {name: _visit(facts[name]) if name in facts else None for name in ("visit", "booked", "follow_up")}
    return Run(
        n=n,
        program=facts["program"],
        source="campaign" if facts["program"] == "recall" else "ehr",
        started=wall(facts["started"]),
        language=facts.get("language", "en"),
        ended=wall(when) if when else None,
        outcome=outcome,
        holdout=facts.get("holdout", False),
        quarantined=wall(facts["quarantined"]) if "quarantined" in facts else None,
        others=tuple(_visit(one) for one in facts.get("others", ())),
        texts=tuple(_text(words) for words in facts.get("texts", ())),
        replies=tuple(_reply(words) for words in facts.get("replies", ())),
        cases=tuple(_work(one) for one in facts.get("cases", ())),
        shares_text_of=facts.get("shares_text_of"),
        same_person_as=facts.get("same_person_as"),
        visit=visits["visit"],
        booked=visits["booked"],
        follow_up=visits["follow_up"],
    )


def _text(words: str) -> Text:
    step, day, clock, state, *said = words.split()
    at = wall(f"{day} {clock}")
    return Text(step, at, state, wall(" ".join(said)) if said else at + timedelta(minutes=1))


def _reply(words: str) -> Reply:
    when, _, kind = words.rpartition(" ")
    return Reply(wall(when), kind)


def _visit(facts: Plain) -> Visit:
    """A visit that took place, or did not, is known half an hour after it began."""
    at, booked = wall(facts["at"]), wall(facts["made"]) if "made" in facts else None
    if "changed" in facts:
        return Visit(at, facts["is"], booked, wall(facts["changed"]))
    coming = facts["is"] == "booked" and booked is not None
    return Visit(at, facts["is"], booked, booked if coming and booked else at + timedelta(minutes=30))


def _work(facts: Plain) -> Work:
    found = Work(
        kind=facts["kind"],
        opened=wall(facts["opened"]),
        due=wall(facts["due"]),
        claimed=wall(facts["claimed"]) if "claimed" in facts else None,
        closed=wall(facts["closed"]) if "closed" in facts else None,
        disposition=facts.get("as"),
        calls=tuple((_reply(words).at, _reply(words).kind) for words in facts.get("calls", ())),
        steps=tuple((_reply(words).at, _reply(words).kind) for words in facts.get("steps", ())),
        posted=wall(facts["posted"]) if "posted" in facts else None,
    )
    if "again" in facts:
        return replace(found, again=_work({"kind": found.kind, "as": found.disposition} | facts["again"]))
    return found
