"""What runs, texts and visits count, once more, from the files of `app.py facts` alone: plain Python by docs/kpis.md.

No SQL, nothing of workflows/kpis.

It is written to be read beside the definitions, one function a family, not to be fast.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tests.kpis.counting import WINDOWS, Unit
from tests.kpis.files import Books, Row, at, by
from tests.kpis.grouping import CLASSES, of_run, of_visit
from tests.kpis.measuring import SENT, begins, heard, is_heard, long_days
from tests.kpis.recount_cases import NOBODYS_WORK

Facts = dict[str, bool | None]
TAKEN = {"accepted", "sent", "presumed_sent", "delivered", "undelivered", "read"}
ARRIVED = {"delivered", "read"}
ATTENDED = {"arrived", "checked-in", "fulfilled"}
LOW = 6
ALARM = {"emergency", "urgent", "clinical"}


def units(books: Books) -> list[Unit]:
    """Everything that runs, texts and visits count, whatever its age."""
    return [
        *of_runs(books), *of_understanding(books), *of_follow_ups(books), *of_texts(books), *of_visits(books), *of_missed(books),
    ]  # fmt: skip


def of_runs(books: Books) -> Iterator[Unit]:
    """Reach, response, completion, untouched, surveys, escalation: the unit is the run, its day the one on which its windows begin."""
    for key, facts in facts_of_runs(books).items():
        for kpi, hit in facts.items():
            yield _of_run(books, key, kpi, bool(hit))


def _of_run(books: Books, key: str, kpi: str, hit: bool, **groups: str) -> Unit:
    days = long_days(books, key) if WINDOWS[kpi] == 30 else None
    return Unit(kpi, _day(books, key), hit, {**of_run(books, key), **groups}, days)


def _day(books: Books, key: str) -> date:
    began = begins(books, key)
    assert began is not None
    return books.day(began)


def of_classes(books: Books) -> Iterator[Unit]:
    """Escalation by class of case: a run is in every class, above the line in those of which it has a case."""
    cases = by("enrollment", (row for row in books.of["cases"] if row["kind"] not in NOBODYS_WORK))
    for key, facts in facts_of_runs(books).items():
        until = facts_until(books, key)
        mine = {CLASSES.get(row["kind"], "admin") for row in cases[key] if at(row["opened_at"]) <= until}
        for kpi in facts.keys() & {"escalation", "escalation_started"}:
            for one in {*CLASSES.values(), "admin"}:
                yield _of_run(books, key, kpi, one in mine, **{"class": one})


def facts_until(books: Books, key: str) -> datetime:
    """The end of a run's long window."""
    began = begins(books, key)
    assert began is not None
    return books.later(began, long_days(books, key))


def facts_of_runs(books: Books) -> dict[str, Facts]:
    """What each KPI asks of each run that counts; a KPI that does not ask it is not there."""
    cases = by("enrollment", (row for row in books.of["cases"] if row["kind"] not in NOBODYS_WORK))
    forms = by("enrollment", books.of["forms"])
    first_words = reached_at(books)
    found: dict[str, Facts] = {}
    for key in sorted(books.counted):
        run, began = books.runs[key], begins(books, key)
        if began is None:
            continue
        week, month = books.later(began, 7), facts_until(books, key)
        texts = [row for row in books.messages[key] if row["direction"] == "out"]
        came = heard(books, key)
        replies = [row for row in came if row["channel"] != "form" and books.reading(row).get("opt_out") != "yes"]
        facts: Facts = {
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
        handed = [row for row in forms[key] if is_heard(books, key, at(row["answered_at"]))]
        found[key] = facts | survey(books, run, week, handed)
    return found


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


def reached_at(books: Books) -> dict[str, datetime]:
    """When each run first had a word of the right person: a reply, a live call, a form. Delivery is none; wrong numbers are a miss."""
    found: dict[str, list[datetime]] = defaultdict(list)
    wrong = {
        row["number"]: at(row["since_at"])
        for row in books.of["suppressions"]
        if row["source"] == "wrong_number" and not row["lifted_at"]
    }
    run_of = {row["case"]: row["enrollment"] for row in books.of["cases"]}
    for row in books.of["messages"]:
        said = books.reading(row).get("intents", "").split()
        if row["direction"] == "in" and row["enrollment"] and "wrong_number" not in said:
            run = books.runs[row["enrollment"]]
            heard_it = run["outcome"] != "wrong_number" and is_heard(books, row["enrollment"], at(row["created_at"]))
            marked = (
                heard_it and row["number"] in wrong and wrong[row["number"]] <= facts_until(books, row["enrollment"])
            )
            if heard_it and not marked:
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
    first_words = reached_at(books)
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
        yield Unit("understanding", books.day(min(asked)), hit, of_run(books, key))


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
        yield Unit("follow_up_visit", due, came, of_run(books, key))


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
        groups = of_run(books, row["enrollment"])
        day = books.day(at(row["sent_at"] or row["changed_at"]))
        yield Unit("blocked", day, row["state"] == "refused", groups)
        if row["state"] in TAKEN or (row["state"] == "failed" and row["accepted"] == "yes"):
            yield Unit("delivery", day, row["state"] in ARRIVED, groups)
        if row["state"] in SENT:
            again = False
            if row["enrollment"] and row["step"]:
                place = (row["enrollment"], row["step"])
                steps[place] += 1
                again = steps[place] > max(1, entered[place])
            yield Unit("duplicate_send", day, again, groups)


def of_visits(books: Books) -> Iterator[Unit]:
    """No-shows: of the visits due, but those cancelled a day ahead; not where the run that reminds of it does not count."""
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
        mine = next((key for key in runs if key in books.counted), "")
        yield Unit("no_show", books.day(start), visit["status"] == "noshow", of_visit(books, visit, mine))


def reminders(books: Books) -> dict[str, list[str]]:
    """The runs that a booked visit began."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, run in sorted(books.runs.items(), key=lambda one: at(one[1]["started_at"])):
        if run["trigger"] == "appointment.booked" and run["appointment"]:
            found[run["appointment"]].append(key)
    return found


def of_missed(books: Books) -> Iterator[Unit]:
    """Missed visits without a later one: booked anew within 14 days, attended within 60, closed with any outcome. On the missed day."""
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
        run = books.runs[key] if key else {"outcome": "", "ended_at": ""}
        month2 = books.later(start, 60)
        facts = {
            "rebooked": any(start < booked_at(row) <= books.later(start, 14) for row in later),
            "recovered": any(row["status"] in ATTENDED and at(row["start_at"]) <= month2 for row in later),
            "recovery_closed": bool(run["outcome"]) and at(run["ended_at"]) <= month2,
        }
        for kpi, hit in facts.items():
            yield Unit(kpi, books.day(start), hit, of_visit(books, visit, key or ""))
