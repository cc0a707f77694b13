"""Counts of cases in words: "Recall: 12 ready to schedule · No-show: 6 need a call · Survey: 2 low scores" (S59)."""

from collections.abc import Sequence

from workflows.desk import Count

COUNTED = {
    "admin": ("request", "requests"),
    "approval": ("waits for an approval", "wait for an approval"),
    "call_back": ("asked for a call", "asked for a call"),
    "call_task": ("needs a call", "need a call"),
    "chart_update": ("chart to update", "charts to update"),
    "clinical": ("care question", "care questions"),
    "deceased": ("death to confirm", "deaths to confirm"),
    "duplicate_chart": ("pair of charts", "pairs of charts"),
    "ehr_manual": ("to enter in the EHR", "to enter in the EHR"),
    "human_owned": ("to contact in person", "to contact in person"),
    "interpreter": ("needs an interpreter", "need an interpreter"),
    "legal_threat": ("legal matter", "legal matters"),
    "low_score": ("low score", "low scores"),
    "match": ("chart to find", "charts to find"),
    "missing_contact": ("without a number", "without a number"),
    "opt_out_check": ("may have meant the visit", "may have meant the visit"),
    "pilot_review": ("run to judge", "runs to judge"),
    "pre_check": ("to complete", "to complete"),
    "ready_to_schedule": ("ready to schedule", "ready to schedule"),
    "red_flag": ("red flag", "red flags"),
    "reschedule": ("wants a new time", "want a new time"),
    "review": ("reply to read", "replies to read"),
    "system_alert": ("alert", "alerts"),
    "tcm_call": ("call after a stay", "calls after a stay"),
    "unknown_send": ("text to check", "texts to check"),
    "wrong_number": ("wrong number", "wrong numbers"),
}
"""{kind: (one, several)}."""
MOST = 12


def said(found: Sequence[Count], most: int = MOST) -> str:
    """The largest by program, and how many are left out; empty for none."""
    by_program: dict[str, list[str]] = {}
    for one in found[:most]:
        by_program.setdefault(one.program or "Other", []).append(f"{one.open:,} {_words(one)}")
    lines = [f"{program}: {', '.join(kinds)}" for program, kinds in by_program.items()]
    rest = sum(one.open for one in found[most:])
    return " · ".join([*lines, *([f"{rest:,} of other kinds"] if rest else [])])


def _words(one: Count) -> str:
    plain = one.kind.replace("_", " ")
    return COUNTED.get(one.kind, (plain, plain))[one.open != 1]
