"""What figures are wanted: of which period, program, phase and KPIs, split by what."""

from dataclasses import dataclass

from core.errors import Refused
from workflows.kpis.definitions import CUTS, KPIS, PHASES
from workflows.kpis.periods import Period


@dataclass(frozen=True, slots=True)
class Asked:
    """`program` is a code, None for all; `by` a code of CUTS, "" for none; `phase` of PHASES, "" for any; no `kpis`: all of them."""

    period: Period
    program: str | None = None
    by: str = ""
    phase: str = ""
    kpis: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.by and self.by not in CUTS:
            raise Refused(f"There is no split by {self.by}. Say one of: {', '.join(CUTS)}.")
        if self.phase and self.phase not in PHASES:
            raise Refused(f"There is no phase {self.phase}. Say one of: {', '.join(PHASES)}.")
        if unknown := [code for code in self.kpis if code not in KPIS]:
            raise Refused(f"There is no KPI {unknown[0]}. Say one of: {', '.join(KPIS)}.")
