"""The report as data: page, file, CSV and leadership page draw the same sheet, so none can say another number than the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workflows.kpis import moves
from workflows.kpis.asked import Asked
from workflows.kpis.definitions import FEWEST
from workflows.kpis.digests import Digest, Funnel
from workflows.kpis.figures import Figure
from workflows.kpis.lift import Wording
from workflows.kpis.moves import Change
from workflows.kpis.objections import Objection
from workflows.kpis.steps import StepCount

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Patients": (
        "reach_72h", "reach", "response", "completion", "untouched", "understanding", "follow_up_visit",
    ),
    "Visits": ("no_show", "rebooked", "recovered", "incremental_recovery", "recovery_closed", "cost_per_recovered"),
    "Surveys": ("survey_started", "survey_completion", "survey_escalation"),
    "Staff": (
        "time_to_claim", "time_to_resolve", "sla", "task_on_time", "task_ever", "escalation", "escalation_started",
        "avoidable_callbacks",
    ),
    "Texts": ("delivery", "blocked", "duplicate_send", "opt_out", "opt_out_1000", "wrong_number"),
    "Safety": ("red_flag_miss",),
}  # fmt: skip
"""Every KPI, in the order in which a manager reads them."""

SIDE_BY_SIDE = ("reach", "response", "completion", "untouched", "no_show", "recovered", "time_to_claim", "opt_out")
"""What the phases are compared in."""

EQUITY = ("language", "age", "payer", "area")
EQUITY_KPIS = ("reach", "response", "completion", "no_show", "recovered", "opt_out")
"""N16: who is left behind, by what; every other KPI can be split in the same ways on demand."""

ARMS = {"contacted": "Contacted", "holdout": "Not contacted (holdout)", "lift": "Difference"}


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, beside itself in the period before and in the baseline. `name`: the group's, in words; "" for all."""

    figure: Figure
    name: str = ""
    before: Figure | None = None
    baseline: Figure | None = None

    @property
    def since_before(self) -> Change | None:
        """How it moved from the period before."""
        return moves.between(self.figure, self.before)

    @property
    def since_baseline(self) -> Change | None:
        """How it moved from before the outreach began."""
        return moves.between(self.figure, self.baseline)

    @property
    def hidden(self) -> bool:
        """A group so small that its counts could point at somebody."""
        return bool(self.name) and 0 < self.figure.denominator < FEWEST


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was asked and everything that is shown for it; the digest is the same that a channel gets.

    `baseline`: how the time before the first send was counted, "" where nobody did. `windows`: which programs are looked at otherwise than
    usual, "" where none is. `wordings` is of all campaigns with more than one.
    """

    asked: Asked
    digest: Digest
    rows: Sequence[Row]
    split: Sequence[Row] = ()
    phases: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    equity: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    lift: Sequence[Row] = ()
    steps: Sequence[StepCount] = ()
    wordings: Sequence[Wording] = ()
    objections: Sequence[Objection] = ()
    baseline: str = ""
    windows: str = ""

    def row(self, kpi: str) -> Row | None:
        """The whole's row of a KPI."""
        return next((row for row in self.rows if row.figure.kpi == kpi), None)

    def known(self) -> Iterator[Row]:
        """The rows with anything to count."""
        return (row for row in self.rows if row.figure.denominator or row.figure.enough)

    def unknown(self) -> Iterator[Row]:
        """The rows with nothing, which say why."""
        return (row for row in self.rows if not (row.figure.denominator or row.figure.enough))

    def tables(self) -> Iterator[tuple[str, Sequence[Row]]]:
        """Every table of figures by its code, as they are shown."""
        yield "figures", self.rows
        yield f"by_{self.asked.by}", self.split
        for phase, rows in self.phases.items():
            yield f"phase_{phase}", rows
        yield "holdout", self.lift
        for cut, rows in self.equity.items():
            yield f"equity_{cut}", rows


def stages(funnel: Funnel | None) -> list[tuple[str, int]]:
    """How many of the same runs got so far; nothing where nobody began."""
    if funnel is None or not funnel.started:
        return []
    found = [
        ("Started", funnel.started),
        ("Text arrived", funnel.delivered),
        ("Reached", funnel.reached),
        ("Replied", funnel.replied),
        ("Completed", funnel.completed),
    ]
    return [(title, count) for title, count in found if count is not None]


def caveats(sheet: Sheet) -> list[str]:
    """What to know before these numbers are repeated, in plain words."""
    said = [
        "Only what is old enough is counted: a reply has 7 days, a completion 30, a recovered visit 60.",
        f"Fewer than {FEWEST} make no percentage, and a group that small is not shown.",
        "The interval says between what the true share lies, 95 times in 100. A change that “may be chance” is no finding.",
    ]
    if sheet.windows:
        said.insert(1, f"Counted otherwise: {sheet.windows}.")
    if sheet.baseline:
        said.append(f"How it was before: {sheet.baseline.rstrip('.')}.")
    elif not any(row.baseline is not None and row.baseline.denominator for row in sheet.rows):
        said.append("No baseline is on record, so nothing here says how it was before the outreach began.")
    if not any(row.figure.enough for row in sheet.lift):
        said.append(
            "Without a holdout that is large enough, a recovered visit may be one that would have come back anyway."
        )
    said.append("This counts who was reached and what they did. It does not show that anybody stayed out of hospital.")
    return said
