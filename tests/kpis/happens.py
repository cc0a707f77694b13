"""What the made-up clinic is made up for really happens in it: in the files themselves, so that no recount agrees on nothing."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise

from tests.kpis import files, recount_cases
from tests.kpis.files import Row, at, by

Found = Callable[[files.Books], int]


def of(table: str, holds: Callable[[Row], bool]) -> Found:
    """How many rows of a file are so."""
    return lambda books: sum(bool(holds(row)) for row in books.of[table])


def late_receipts(books: files.Books) -> int:
    """Delivered, as the provider said more than two days later."""
    sent = (row for row in books.of["messages"] if row["state"] in ("delivered", "read"))
    return sum(at(row["changed_at"]) - at(row["sent_at"]) > timedelta(days=2) for row in sent)


def reopened(within: bool) -> Found:
    """Closed cases that were opened again, within 72 hours or later."""

    def count(books: files.Books) -> int:
        return sum((gap <= timedelta(hours=72)) == within for gap in _gaps(books))

    return count


def _gaps(books: files.Books) -> Iterator[timedelta]:
    for events in by("case", books.of["case_events"]).values():
        for one, other in pairwise(events):
            if (one["what"], other["what"]) == ("closed", "reopened"):
                yield at(other["at"]) - at(one["at"])


def opted_out_in_the_middle(books: files.Books) -> int:
    """Runs with a reply, then STOP, of a number that was texted before."""
    stopped = {row["message"] for row in books.of["readings"] if row["opt_out"] == "yes"}
    found = 0
    for rows in books.messages.values():
        came = sorted((row["created_at"], row["message"] in stopped) for row in rows if row["direction"] == "in")
        sent = [row["sent_at"] for row in rows if row["direction"] == "out" and row["state"] == "delivered"]
        found += any(stop and place for place, (_, stop) in enumerate(came)) and bool(sent) and min(sent) < came[-1][0]
    return found


def in_the_week_of_the_clock_change(books: files.Books) -> int:
    """Runs begun in it, before and after the hour that came twice."""
    days = [books.day(at(row["started_at"])) for row in books.runs.values()]
    before, after = (sum(first <= day <= last for day in days) for first, last in ((date(2026, 10, 26), date(2026, 10, 31)),
                     (date(2026, 11, 1), date(2026, 11, 5))))  # fmt: skip
    return min(before, after)


def arms(of_campaign: bool) -> Found:
    """Campaigns (or programs) that have both contacted and holdouts."""

    def count(books: files.Books) -> int:
        both: dict[str, set[bool]] = {}
        for row in books.runs.values():
            if bool(row["campaign"]) == of_campaign:
                both.setdefault(row["campaign"] or row["program"], set()).add(row["holdout"] == "yes")
        for row in books.of["campaign_members"] if of_campaign else ():
            both.setdefault(row["campaign"], set()).add(row["holdout"] == "yes")
        return sum(len(one) == 2 for one in both.values())

    return count


def wordings_tried(books: files.Books) -> int:
    """Of the wordings of one campaign, the least often used."""
    tried = [rows for rows in by("campaign", books.of["campaign_wordings"]).values() if len(rows) > 1]
    used = Counter((row["campaign"], row["version"]) for row in books.runs.values())
    return min(used[row["campaign"], row["version"]] for rows in tried for row in rows)


def claimed_before_its_card(books: files.Books) -> int:
    return sum(
        bool(row["posted_at"] and row["claimed_at"]) and at(row["claimed_at"]) < at(row["posted_at"])
        for row in recount_cases.work(books)
    )


def rested(books: files.Books) -> int:
    return sum(bool(story.rests) for story in recount_cases.stories(books).values())


def holidays(books: files.Books) -> int:
    """Weekdays on which a team that works on weekdays does not."""
    worked = {row["opens_day"] for row in books.of["shifts"] if row["team"] == "patient_access"}
    days = (date(2026, 11, 2) + timedelta(days=n) for n in range(60))
    return sum(day.isoweekday() < 6 and str(day) not in worked for day in days)


def patients_with_more_than_one_run(books: files.Books) -> int:
    return sum(many > 1 for many in Counter(row["patient"] for row in books.runs.values()).values())


def steps_entered_again(books: files.Books) -> int:
    return sum(many > 1 for many in Counter((row["enrollment"], row["step"]) for row in books.of["steps"]).values())


HAPPENS: dict[str, Found] = {
    "late receipts": late_receipts,
    "cases reopened within 72 hours": reopened(within=True),
    "cases reopened later": reopened(within=False),
    "merged charts": lambda books: len(books.duplicates),
    "charts out of use": of("patients", lambda row: row["active"] == "no"),
    "two runs of one patient": patients_with_more_than_one_run,
    "one text for a household": of("messages", lambda row: bool(row["merged_into"])),
    "holdouts of programs": arms(of_campaign=False),
    "holdouts of campaigns": arms(of_campaign=True),
    "wordings against each other": wordings_tried,
    "wrong numbers": of("suppressions", lambda row: row["source"] == "wrong_number" and not row["lifted_at"]),
    "wrong numbers that were not": of("suppressions", lambda row: row["source"] == "wrong_number" and bool(row["lifted_at"])),
    "stops by the carrier and staff": of("suppressions", lambda row: row["source"] in ("carrier", "staff")),
    "opt-outs in the middle": opted_out_in_the_middle,
    "the week of the clock change": in_the_week_of_the_clock_change,
    "holidays": holidays,
    "cards that came after the claim": claimed_before_its_card,
    "cards nobody knows of": of("cases", lambda row: not row["posted_at"]),
    "cases that slept": rested,
    "steps taken back": of("case_events", lambda row: row["what"] == "undone"),
    "cases given to somebody": of("case_events", lambda row: row["what"] == "reassigned"),
    "cases that nobody claimed": of("cases", lambda row: not row["claimed_at"]),
    "cases merged into others": of("cases", lambda row: row["disposition"] == "merged"),
    "calls of theirs": of("case_events", lambda row: row["detail"].startswith("they_called:")),
    "reviews that found an alarm": of("reviews", lambda row: row["verdict"] == "fail_red_flag" and row["stage"] == "end"),
    "corrections up to an emergency": of("corrections", lambda row: row["was_urgency"] != "emergency" == row["urgency"]),
    "discharges without a run": lambda books: len(
        {row["event"] for row in books.of["discharges"]} - {row["event"] for row in books.runs.values()}
    ),
    "baselines": of("baselines", lambda row: row["kpi"] == "avoidable_callbacks"),
    "prices": of("prices", lambda row: float(row["value"]) > 0),
    "calls by us": of("messages", lambda row: row["channel"] == "voice"),
    "texts of several segments": of("messages", lambda row: int(row["segments"]) > 1),
    "steps entered again": steps_entered_again,
    "test runs": of("enrollments", lambda row: row["source"] == "test"),
    "runs after the routing rules changed": lambda books: len(books.settling),
    "runs on both sides of the 50th": of("enrollments", lambda row: row["run_no"] in ("50", "51")),
}  # fmt: skip


def missing(books: files.Books) -> list[str]:
    """What should have happened and did not."""
    return [what for what, count in HAPPENS.items() if count(books) < 1]
