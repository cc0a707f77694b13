"""The catalogue of KPIs: what each counts, over what, and when its unit is old enough to count.

Definitions: docs/kpis.md. A figure is computed from facts (`workflows.kpis.facts`), never from counters.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["share", "duration", "money", "per_1000", "points"]


@dataclass(frozen=True, slots=True)
class Kpi:
    """`days`: the maturity window W; a unit counts once W whole local days have passed since its cohort day.

    `kind`: of points is the difference of two shares. `better`: which way is good, up or down; "" where neither is. `own`: a program may
    say a longer window than `days` (its `measure`).
    """

    code: str
    title: str
    numerator: str
    denominator: str
    days: int
    unit: str
    better: Literal["up", "down", ""] = "up"
    kind: Kind = "share"
    own: bool = False

    def defined(self, window: str = "") -> str:
        """One sentence: what is counted, over what, and the window, in words of its own where it is not the usual one."""
        within = window or (f"within {self.days} days" if self.days else "")
        return f"{self.numerator}{f' {within}' if within else ''}, of {self.denominator}"


def _of(*kpis: Kpi) -> dict[str, Kpi]:
    return {one.code: one for one in kpis}


RIGHT_PERSON = "a reply, live call or form of the right person"
KPIS = _of(
    Kpi("delivery", "Delivered", "texts delivered", "texts the provider took", 3, "texts"),
    Kpi("blocked", "Not sent by rule", "texts a rule stopped", "texts that were to leave", 0, "texts", ""),
    Kpi(
        "duplicate_send", "Sent twice", "texts sent again for the same step of a run", "texts sent", 0, "texts", "down"
    ),
    Kpi("reach_72h", "Reached in 72 hours", f"runs with {RIGHT_PERSON}", "runs started", 3, "runs"),
    Kpi("reach", "Reached", f"runs with {RIGHT_PERSON}", "runs started", 7, "runs"),
    Kpi("response", "Replied", "runs with a reply that is no opt-out", "runs with a delivered text", 7, "runs"),
    Kpi(
        "completion",
        "Completed",
        "runs that ended as the program intends",
        "runs started that the EHR did not stop first",
        30,
        "runs",
        own=True,
    ),
    Kpi(
        "untouched",
        "Finished by itself",
        "runs that ended with no case for a person",
        "runs that ended",
        30,
        "runs",
        own=True,
    ),
    Kpi("survey_started", "Survey started", "surveys with an answer", "surveys whose question arrived", 7, "surveys"),
    Kpi(
        "survey_completion",
        "Survey completed",
        "surveys with every needed answer",
        "surveys whose question arrived",
        7,
        "surveys",
    ),
    Kpi(
        "survey_escalation",
        "Low score or alarm",
        "surveys with a low score or a word of alarm",
        "surveys with an answer",
        7,
        "surveys",
        "",
    ),
    Kpi(
        "no_show",
        "No-shows",
        "visits nobody came to",
        "visits due, but those cancelled or moved a day ahead",
        0,
        "visits",
        "down",
    ),
    Kpi("rebooked", "Rebooked", "missed visits with a new visit booked", "missed visits", 14, "missed visits"),
    Kpi("recovered", "Recovered", "missed visits followed by an attended one", "missed visits", 60, "missed visits"),
    Kpi(
        "incremental_recovery",
        "Recovered because of us",
        "recovered share of the contacted less that of the holdout",
        "the contacted of campaigns and programs with a holdout",
        60,
        "contacted",
        kind="points",
    ),
    Kpi(
        "recovery_closed",
        "Closed with an outcome",
        "missed visits whose run ended with any outcome",
        "missed visits",
        60,
        "missed visits",
    ),
    Kpi(
        "follow_up_visit",
        "Follow-up visit attended",
        "discharges whose follow-up was attended by its date",
        "discharges with a follow-up due",
        3,
        "discharges",
    ),
    Kpi(
        "understanding",
        "Understood instructions",
        "answers that all is clear, with no such question for 7 days",
        "reached patients who were asked",
        7,
        "patients",
    ),
    Kpi(
        "escalation",
        "Needed a person",
        "runs with a case for a person",
        "runs with a reply",
        30,
        "runs",
        "",
        own=True,
    ),
    Kpi(
        "escalation_started",
        "Needed a person, of all",
        "runs with a case for a person",
        "runs started",
        30,
        "runs",
        "",
        own=True,
    ),
    Kpi("task_on_time", "Done on time", "cases closed by their due time", "cases due", 0, "cases"),
    Kpi("task_ever", "Done at all", "cases closed", "cases due", 0, "cases"),
    Kpi(
        "sla",
        "Claimed and closed in time",
        "cases claimed and closed by their targets",
        "cases whose targets have passed",
        0,
        "cases",
    ),
    Kpi("time_to_claim", "Time to claim", "minutes from card to claim", "cases", 0, "minutes", "down", "duration"),
    Kpi("time_to_resolve", "Time to close", "minutes from opening to close", "cases", 0, "minutes", "down", "duration"),
    Kpi("opt_out", "Opted out", "numbers newly stopped", "numbers texted", 0, "numbers", "down"),
    Kpi(
        "opt_out_1000",
        "Opt-outs per 1,000 texts",
        "numbers newly stopped",
        "texts sent",
        0,
        "texts",
        "down",
        "per_1000",
    ),
    Kpi("wrong_number", "Wrong numbers", "numbers marked wrong", "numbers first texted", 30, "numbers", "down"),
    Kpi(
        "red_flag_miss",
        "Alarms missed",
        "alarms that review found and we had not",
        "replies reviewed",
        0,
        "replies",
        "down",
    ),
    Kpi(
        "avoidable_callbacks",
        "Fewer avoidable calls",
        "avoidable calls per 100 discharges, less than before",
        "the baseline's",
        30,
        "calls",
    ),
    Kpi(
        "cost_per_recovered",
        "Cost of a recovered visit",
        "texts, calls and staff time of the program",
        "recovered visits",
        60,
        "visits",
        "down",
        "money",
    ),
)

CUTS = {
    "source": "Source",
    "cohort": "Cohort",
    "site": "Site",
    "segment": "Segment",
    "language": "Language",
    "age": "Age band",
    "payer": "Payer",
    "area": "Area",
    "owner": "Team",
    "person": "Person",
    "outcome": "Outcome",
    "phase": "Phase",
    "arm": "Arm",
    "class": "Class of case",
    "wording": "Wording",
    "week": "Week",
    "program": "Program",
}
"""What a figure may be split by. `person` is who has a case, or had it when it was closed; `arm` is contacted or holdout."""

OF_STAFF = frozenset({"owner", "person"})
"""Splits that are for managers only."""

PHASES = ("baseline", "pilot_1", "pilot_2", "steady")
"""Before the first live send; reviewed runs 1 to 50; 51 to 100; after."""

FEWEST = 10
"""A denominator below this is shown as counts, without a share."""
