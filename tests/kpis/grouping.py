"""In which group of each split a unit is: by its run, else "none" of everything. Plain Python over the files, by docs/kpis.md."""

from collections.abc import Mapping
from datetime import date, timedelta

from tests.kpis.files import Books, Row

Groups = Mapping[str, str]
NONE = "none"
CUTS = (
    "program", "phase", "source", "cohort", "site", "segment", "language", "age", "payer", "area", "owner", "outcome", "wording",
)  # fmt: skip
NOBODYS: Groups = dict.fromkeys(CUTS, NONE)
CLASSES = {
    "red_flag": "red_flag", "clinical": "clinical", "low_score": "low_score", "reschedule": "reschedule", "ready_to_schedule": "reschedule",
}  # fmt: skip


def of_run(books: Books, key: str) -> Groups:
    """The groups of a run; of no run those of nobody."""
    run = books.runs.get(key)
    if run is None:
        return NOBODYS
    patient, version = books.patients[run["patient"]], books.versions[run["version"]]
    campaign = books.campaigns.get(run["campaign"], {})
    found = {cut: run[cut] for cut in ("program", "source", "site", "segment", "language", "age", "payer")}
    found |= {
        "phase": phase(books, run), "cohort": campaign.get("cohort", ""), "area": patient["area"],
        "owner": campaign.get("team") or version["team"], "outcome": run["outcome"] or "running", "wording": f"v{version['number']}",
    }  # fmt: skip
    return {cut: group or NONE for cut, group in found.items()}


def of_visit(books: Books, visit: Row, key: str) -> Groups:
    """Those of the run that it is about, but for what is the patient's or the visit's own."""
    patient = books.patients[visit["patient"]]
    mine = {"language": patient["language"], "age": visit["age"], "area": patient["area"]}
    of = of_run(books, key)
    return {**of, **{cut: group or NONE for cut, group in mine.items()}, "site": visit["site"] or of["site"]}


def of_case(books: Books, case: Row) -> Groups:
    """Those of its run; its owner is its own team, its class that of its kind."""
    return {**of_run(books, case["enrollment"]), "owner": case["team"], "class": CLASSES.get(case["kind"], "admin")}


def week(day: date) -> str:
    """Its Monday."""
    return str(day - timedelta(days=day.weekday()))


def group(groups: Groups, day: date, cut: str) -> str:
    """The group of one split; "" where nothing is split."""
    return week(day) if cut == "week" else groups[cut] if cut else ""


def phase(books: Books, run: Row) -> str:
    """Runs 1 to 50 and 51 to 100 of a pilot, then steady; but for the first hundred in the four weeks after the routing rules changed."""
    number = int(run["run_no"] or 0)
    if 1 <= number <= 100:
        return "pilot_1" if number <= 50 else "pilot_2"
    return NONE if run["enrollment"] in books.settling else "steady"
