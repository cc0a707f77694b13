"""Every share once more, from the files of `app.py facts` alone: plain Python by docs/kpis.md. No SQL, nothing of workflows/kpis.

It is written to be read beside the definitions, one function a family, not to be fast.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tests.kpis.files import Books, Row, at, by

SENT = {"sending", "unknown", "accepted", "sent", "presumed_sent", "delivered", "undelivered", "failed", "read"}
TAKEN = {"accepted", "sent", "presumed_sent", "delivered", "undelivered", "read"}
ARRIVED = {"delivered", "read"}
ATTENDED = {"arrived", "checked-in", "fulfilled"}
NOBODYS_WORK = {"practice", "approval", "system_alert", "pilot_review"}
TASKS = {"task_on_time", "task_ever", "sla"}
"""Old enough at the moment they are due, not a day after."""
LOW = 6
ALARM = {"emergency", "urgent", "clinical"}
WINDOWS = {
    "delivery": 3, "reach_72h": 3, "reach": 7, "response": 7, "completion": 30, "untouched": 30, "survey_started": 7,
    "survey_completion": 7, "survey_escalation": 7, "rebooked": 14, "recovered": 60, "recovery_closed": 60, "follow_up_visit": 3,
    "understanding": 7, "escalation": 30, "escalation_started": 30, "wrong_number": 30,
}  # fmt: skip
"""Days that must have passed; none where a KPI is not named. A program may say more than the 30."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One of what a KPI counts: on its day, above the line or not."""

    kpi: str
    day: date
    hit: bool
    program: str = "none"
    language: str = "none"
    source: str = "none"
    days: int | None = None
    """The window of its program's version, where that is not the KPI's."""


def units(books: Books) -> list[Unit]:
    """Everything that any share counts, whatever its age."""
    return [
        *of_runs(books), *of_understanding(books), *of_follow_ups(books), *of_texts(books), *of_visits(books), *of_missed(books),
        *of_cases(books), *of_first_texts(books),
    ]  # fmt: skip


def shares(
    books: Books, counted: list[Unit], *, first: date, last: date, cut: str = ""
) -> dict[str, dict[str, tuple[int, int]]]:
    """{KPI: {group: (above the line, below it)}} of `units`, as far as they are old enough; `cut` is a field of `Unit`, or week."""
    today, found = books.day(books.now), defaultdict[str, dict[str, tuple[int, int]]](dict)
    for unit in counted:
        window = WINDOWS.get(unit.kpi, 0) if unit.days is None else unit.days
        old_enough = unit.kpi in TASKS or unit.day + timedelta(days=window) < today
        if first <= unit.day <= last and old_enough:
            group = (
                str(unit.day - timedelta(days=unit.day.weekday()))
                if cut == "week"
                else getattr(unit, cut)
                if cut
                else ""
            )
            hits, of = found[unit.kpi].get(group, (0, 0))
            found[unit.kpi][group] = (hits + unit.hit, of + 1)
    if not cut:
        found["opt_out"][""] = opt_outs(books, first, last)
    return found


def of_runs(books: Books) -> Iterator[Unit]:
    """Reach, response, completion, untouched, surveys, escalation: the unit is the run, its day the one on which its windows begin."""
    cases = by("enrollment", (row for row in books.of["cases"] if row["kind"] not in NOBODYS_WORK))
    forms = by("enrollment", books.of["forms"])
    wrong = {
        row["number"] for row in books.of["suppressions"] if row["source"] == "wrong_number" and not row["lifted_at"]
    }
    first_words = reached_at(books, wrong)
    for key in sorted(books.counted):
        run, began = books.runs[key], begins(books, key)
        if began is None:
            continue
        long = int(books.versions[run["version"]]["days"])
        week, month = books.later(began, 7), books.later(began, long)
        texts = [row for row in books.messages[key] if row["direction"] == "out"]
        came = heard(books, key)
        replies = [row for row in came if row["channel"] != "form" and books.reading(row).get("opt_out") != "yes"]
        facts: dict[str, bool | None] = {
            "reach_72h": key in first_words and first_words[key] <= began + timedelta(hours=72),
            "reach": key in first_words and first_words[key] <= week,
        }
        if any(row["state"] in ARRIVED and at(row["sent_at"]) <= week for row in texts):
            facts["response"] = any(at(row["created_at"]) <= week for row in replies)
        ended = bool(run["ended_at"]) and at(run["ended_at"]) <= month
        if not stopped_first(run, texts):
            facts["completion"] = ended and run["outcome"] in intended(books.versions[run["version"]])
        worked = any(at(row["opened_at"]) <= month for row in cases[key])
        if ended:
            facts["untouched"] = not worked
        facts["escalation_started"] = worked
        if any(at(row["created_at"]) <= month for row in came):
            facts["escalation"] = worked
        facts |= survey(books, run, week, [row for row in forms[key] if is_heard(books, key, at(row["answered_at"]))])
        for kpi, hit in facts.items():
            days = long if WINDOWS[kpi] == 30 else None
            yield Unit(kpi, books.day(began), bool(hit), run["program"], run["language"], run["source"], days)


def begins(books: Books, key: str) -> datetime | None:
    """Where a run's windows begin: its start, or, where its version says so, its first text; without one its end; else nowhere yet."""
    run = books.runs[key]
    if books.versions[run["version"]]["measured_from"] == "start":
        return at(run["started_at"])
    left = [
        at(row["sent_at"]) for row in books.messages[key]
        if row["direction"] == "out" and row["state"] in SENT and row["sent_at"]
    ]  # fmt: skip
    ended = at(run["ended_at"]) if run["ended_at"] else None
    return min(left) if left else ended


def is_heard(books: Books, key: str, when: datetime) -> bool:
    """Whether what came in then can be an answer: not before the first text, where windows begin with it."""
    if books.versions[books.runs[key]["version"]]["measured_from"] == "start":
        return True
    began = begins(books, key)
    return began is not None and when >= began


def heard(books: Books, key: str) -> list[Row]:
    """What came in of a run, as far as it can be an answer."""
    return [
        row for row in books.messages[key] if row["direction"] == "in" and is_heard(books, key, at(row["created_at"]))
    ]


def stopped_first(run: Row, texts: list[Row]) -> bool:
    """The EHR stopped it before its first text."""
    left = [at(row["sent_at"]) for row in texts if row["state"] in SENT]
    return run["outcome"] == "stopped_by_ehr" and (not left or min(left) > at(run["ended_at"]))


def intended(version: Row) -> set[str]:
    """The outcomes that a program is for; a visit that took place fulfils every wish for one."""
    if version["goal_outcome"]:
        return {version["goal_outcome"]}
    return {"booked": {"booked", "completed"}, "confirmed": {"confirmed", "completed"}, "fulfilled": {"completed"}}[
        version["goal_appointment"]
    ]


def reached_at(books: Books, wrong: set[str]) -> dict[str, datetime]:
    """When each run first had a word of the right person: a reply, a live call, a form. Delivery is none; wrong numbers are a miss."""
    found: dict[str, list[datetime]] = defaultdict(list)
    run_of = {row["case"]: row["enrollment"] for row in books.of["cases"]}
    for row in books.of["messages"]:
        said = books.reading(row).get("intents", "").split()
        theirs = row["number"] not in wrong and "wrong_number" not in said
        if (
            row["direction"] == "in"
            and row["enrollment"]
            and theirs
            and is_heard(books, row["enrollment"], at(row["created_at"]))
            and books.runs[row["enrollment"]]["outcome"] != "wrong_number"
        ):
            found[row["enrollment"]].append(at(row["created_at"]))
    for row in books.of["forms"]:
        if row["enrollment"] and is_heard(books, row["enrollment"], at(row["answered_at"])):
            found[row["enrollment"]].append(at(row["answered_at"]))
    for row in books.of["case_events"]:
        if row["what"] == "call_logged" and (row["detail"] == "reached" or row["detail"].startswith("they_called")):
            found[run_of[row["case"]]].append(at(row["at"]))
    for row in books.of["contact_attempts"]:
        if row["result"] == "spoke":
            found[row["enrollment"]].append(at(row["at"]))
    return {key: min(times) for key, times in found.items() if key}


def survey(books: Books, run: Row, week: datetime, forms: list[Row]) -> dict[str, bool | None]:
    """Started and complete, of those whose question arrived; low or alarming, of those with an answer."""
    asking = books.versions[run["version"]]["survey_steps"].split()
    mine = books.messages[run["enrollment"]]
    asked = any(
        row["direction"] == "out" and row["step"] in asking and row["state"] in ARRIVED and at(row["sent_at"]) <= week
        for row in mine
    )
    said = [books.reading(row) for row in heard(books, run["enrollment"]) if at(row["created_at"]) <= week]
    answers = [one for one in said if one.get("context") == "survey_0_10" and one["opt_out"] == "no"]
    handed = [row for row in forms if row["form"] == "survey" and at(row["answered_at"]) <= week]
    scores = [float(one["score"]) for one in (*answers, *handed) if one["score"]]
    facts: dict[str, bool | None] = {}
    if asked:
        facts |= {"survey_started": bool(answers or handed), "survey_completion": bool(scores)}
    if answers or handed:
        alarm = any(one.get("urgency") in ALARM for one in said)
        facts["survey_escalation"] = alarm or any(score <= LOW for score in scores)
    return facts


def of_understanding(books: Books) -> Iterator[Unit]:
    """Of those asked and reached, who said that all is clear and asked nothing in the seven days: on the day they were asked."""
    wrong = {
        row["number"] for row in books.of["suppressions"] if row["source"] == "wrong_number" and not row["lifted_at"]
    }
    first_words = reached_at(books, wrong)
    for key in sorted(books.counted):
        run, mine = books.runs[key], books.messages[key]
        asking = books.versions[run["version"]]["instruction_steps"].split()
        asked = [
            at(row["sent_at"])
            for row in mine
            if row["direction"] == "out" and row["step"] in asking and row["state"] in ARRIVED
        ]
        if not asked:
            continue
        until = books.later(min(asked), 7)
        if key not in first_words or first_words[key] > until:
            continue
        said = [(at(row["created_at"]), books.reading(row)) for row in heard(books, key)]
        clear = [
            when for when, one in said
            if one.get("context") == "instruction_check" and (one["choice"] == "1" or "understood" in one["intents"].split())
        ]  # fmt: skip
        asked_then = [
            when for when, one in said if {"not_understood", "question"} & set(one.get("intents", "").split())
        ]
        hit = (
            bool(clear)
            and min(asked) <= min(clear) <= until
            and not any(min(clear) < when <= until for when in asked_then)
        )
        yield Unit("understanding", books.day(min(asked)), hit, run["program"], run["language"], run["source"])


def of_follow_ups(books: Books) -> Iterator[Unit]:
    """Discharges with a follow-up visit due, attended by that day: on that day."""
    for key in sorted(books.counted):
        run = books.runs[key]
        if run["trigger"] != "encounter.discharged":
            continue
        visits = [row for row in books.visits[run["patient"]] if at(row["start_at"]) > at(run["happened_at"])]
        ordered = [at(row["start_at"]) for row in visits if booked_at(row) <= at(run["started_at"])]
        if not ordered and not run["follow_up_due"]:
            continue
        due = books.day(at(run["follow_up_due"]) if run["follow_up_due"] else min(ordered))
        came = any(row["status"] in ATTENDED and books.day(at(row["start_at"])) <= due for row in visits)
        yield Unit("follow_up_visit", due, came, run["program"], run["language"], run["source"])


def booked_at(visit: Row) -> datetime:
    """As we heard first; else its last change; at the latest when it began."""
    return at(visit["booked_at"] or visit["changed_at"] or visit["start_at"])


def of_texts(books: Books) -> Iterator[Unit]:
    """Delivery, texts stopped by a rule, texts sent twice: on the day a text left or was stopped."""
    steps: dict[tuple[str, str], int] = defaultdict(int)
    entered: dict[tuple[str, str], int] = defaultdict(int)
    for row in books.of["steps"]:
        entered[row["enrollment"], row["step"]] += 1
    texts = [row for row in books.of["messages"] if row["direction"] == "out" and not row["merged_into"]]
    for row in sorted(texts, key=lambda row: row["sent_at"]):
        if row["state"] not in SENT | {"refused"} or (not row["patient"] and row["purpose"] == "staff"):
            continue
        if row["enrollment"] and row["enrollment"] not in books.counted:
            continue
        run = books.runs.get(row["enrollment"], {"program": "none", "language": "none", "source": "none"})
        groups = (run["program"], run["language"], run["source"])
        day = books.day(at(row["sent_at"] or row["changed_at"]))
        yield Unit("blocked", day, row["state"] == "refused", *groups)
        if row["state"] in TAKEN or (row["state"] == "failed" and row["accepted"] == "yes"):
            yield Unit("delivery", day, row["state"] in ARRIVED, *groups)
        if row["state"] in SENT:
            again = False
            if row["enrollment"] and row["step"]:
                place = (row["enrollment"], row["step"])
                steps[place] += 1
                again = steps[place] > max(1, entered[place])
            yield Unit("duplicate_send", day, again, *groups)


def of_visits(books: Books) -> Iterator[Unit]:
    """No-shows: of the visits due, but those cancelled a day ahead; not where the run that reminds of it does not count."""
    language = {row["patient"]: row["language"] for row in books.of["patients"]}
    reminding = reminders(books)
    for visit in (visit for visits in books.visits.values() for visit in visits):
        start = at(visit["start_at"])
        ahead = visit["status"] == "cancelled" and (
            not visit["changed_at"] or at(visit["changed_at"]) <= start - timedelta(hours=24)
        )
        runs = reminding.get(visit["appointment"], [])
        if (
            ahead
            or (visit["status"] == "noshow" and visit["called_off"] == "yes")
            or (runs and not set(runs) & books.counted)
        ):
            continue
        run = (
            books.runs[next(key for key in runs if key in books.counted)]
            if runs
            else {"program": "none", "source": "none"}
        )
        yield Unit(
            "no_show",
            books.day(start),
            visit["status"] == "noshow",
            run["program"],
            language[visit["patient"]],
            run["source"],
        )


def reminders(books: Books) -> dict[str, list[str]]:
    """The runs that a booked visit began."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, run in sorted(books.runs.items(), key=lambda one: at(one[1]["started_at"])):
        if run["trigger"] == "appointment.booked" and run["appointment"]:
            found[run["appointment"]].append(key)
    return found


def of_missed(books: Books) -> Iterator[Unit]:
    """Missed visits without a later one: booked anew within 14 days, attended within 60, closed with any outcome. On the missed day."""
    language = {row["patient"]: row["language"] for row in books.of["patients"]}
    begun = {run["appointment"]: key for key, run in books.runs.items() if run["trigger"] == "appointment.noshow"}
    for visit in (visit for visits in books.visits.values() for visit in visits if visit["status"] == "noshow"):
        key = begun.get(visit["appointment"])
        if visit["called_off"] == "yes" or (key is not None and key not in books.counted):
            continue
        start = at(visit["start_at"])
        later = [row for row in books.visits[visit["patient"]] if row is not visit and at(row["start_at"]) > start]
        standing = (
            row
            for row in later
            if row["status"] != "cancelled" or not row["changed_at"] or at(row["changed_at"]) > start
        )
        if any(booked_at(row) <= start for row in standing):
            continue
        run = books.runs[key] if key else {"program": "none", "source": "none", "outcome": "", "ended_at": ""}
        month2 = books.later(start, 60)
        facts = {
            "rebooked": any(start < booked_at(row) <= books.later(start, 14) for row in later),
            "recovered": any(row["status"] in ATTENDED and at(row["start_at"]) <= month2 for row in later),
            "recovery_closed": bool(run["outcome"]) and at(run["ended_at"]) <= month2,
        }
        for kpi, hit in facts.items():
            yield Unit(kpi, books.day(start), hit, run["program"], language[visit["patient"]], run["source"])


def of_cases(books: Books) -> Iterator[Unit]:
    """Tasks done by their time, and at all; cases claimed and done by their targets. On the day they are due, all but duplicates."""
    took = first_claims(books)
    for row in books.of["cases"]:
        run = books.runs.get(row["enrollment"], {"program": "none", "language": "none", "source": "none"})
        ours = row["kind"] in NOBODYS_WORK or row["disposition"] in ("merged", "duplicate")
        if ours or (row["enrollment"] and row["enrollment"] not in books.counted) or at(row["due_at"]) > books.now:
            continue
        groups = (run["program"], run["language"], run["source"])
        due, closed = at(row["due_at"]), at(row["closed_at"]) if row["closed_at"] else None
        in_time = closed is not None and closed <= due
        claimed = took.get(row["case"], closed)
        yield Unit("task_on_time", books.day(due), in_time, *groups)
        yield Unit("task_ever", books.day(due), closed is not None, *groups)
        yield Unit("sla", books.day(due), in_time and claimed is not None and claimed <= claim_by(books, row), *groups)


def first_claims(books: Books) -> dict[str, datetime]:
    """When each case was somebody's for the first time."""
    found: dict[str, datetime] = {}
    for row in books.of["case_events"]:
        if row["what"] == "claimed" or (row["what"] == "reassigned" and row["staff"]):
            found.setdefault(row["case"], at(row["at"]))
    return found


def claim_by(books: Books, case: Row) -> datetime:
    """Emergencies 15 minutes, clinical matters one working hour, new times and low scores four; any other case its due time."""
    opened = at(case["posted_at"] or case["opened_at"])
    if case["kind"] == "red_flag":
        return opened + timedelta(minutes=15)
    hours = {"clinical": 1, "reschedule": 4, "ready_to_schedule": 4, "low_score": 4}.get(case["kind"])
    if hours is None:
        return at(case["due_at"])
    left, day = timedelta(hours=hours), books.day(opened)
    while True:
        begins, ends = (datetime.combine(day, time(hour), books.zone).astimezone(UTC) for hour in (8, 17))
        begins = max(begins, opened)
        if day.isoweekday() <= 5 and begins < ends:
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
        day += timedelta(days=1)


def texted(books: Books) -> dict[str, list[tuple[datetime, str]]]:
    """When each number was texted and for which run, as far as the provider took it; a test to one's own phone is none."""
    found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in books.of["messages"]:
        taken = row["state"] in TAKEN or (row["state"] == "failed" and row["accepted"] == "yes")
        own = not row["patient"] and row["purpose"] == "staff"
        counted = not row["enrollment"] or row["enrollment"] in books.counted
        if row["direction"] == "out" and taken and counted and not own and not row["merged_into"]:
            found[row["number"]].append((at(row["sent_at"]), row["enrollment"]))
    return found


def of_first_texts(books: Books) -> Iterator[Unit]:
    """Wrong numbers: of those first texted, marked wrong within 30 days. On the day of the first text, as that text's run."""
    marked = {row["number"]: at(row["since_at"]) for row in books.of["suppressions"] if row["source"] == "wrong_number"}
    for number, times in texted(books).items():
        first, run_id = min(times)
        run = books.runs.get(run_id, {"program": "none", "language": "none", "source": "none"})
        hit = number in marked and marked[number] < books.later(first, 30)
        yield Unit("wrong_number", books.day(first), hit, run["program"], run["language"], run["source"])


def opt_outs(books: Books, first: date, last: date) -> tuple[int, int]:
    """Numbers newly stopped that had been texted, and the distinct numbers that were texted; a wrong number is no opt-out."""
    times = texted(books)
    stopped = {
        row["number"] for row in books.of["suppressions"]
        if row["source"] != "wrong_number" and first <= books.day(at(row["since_at"])) <= last
        and any(when <= at(row["since_at"]) for when, _ in times[row["number"]])
    }  # fmt: skip
    return len(stopped), sum(any(first <= books.day(when) <= last for when, _ in whens) for whens in times.values())
