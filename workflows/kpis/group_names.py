"""What people call the groups of a split: an organisation's own names where it has some, else a word for the code."""

from collections.abc import Mapping
from dataclasses import dataclass

from workflows import languages

UNKNOWN = "Unknown"
WORDS: Mapping[str, Mapping[str, str]] = {
    "language": languages.NAMES,
    "outcome": {"running": "Still running", "stopped_by_ehr": "Stopped by the EHR", "opted_out": "Opted out"},
    "source": {"ehr": "EHR", "crm": "CRM", "csv": "CSV", "api": "API"},
    "phase": {"baseline": "Before", "pilot_1": "Runs 1 to 50", "pilot_2": "Runs 51 to 100", "steady": "Since"},
}


@dataclass(frozen=True, slots=True)
class GroupNames:
    """`own`: (cut, code) → the organisation's name for it."""

    own: Mapping[tuple[str, str], str]

    def of(self, cut: str, code: str) -> str:
        """ "Spanish", "606…" for the area of such zip codes, "Week of 2026-11-16"; never empty."""
        if found := self.own.get((cut, code)):
            return found
        if code in ("", "none"):
            return UNKNOWN
        if cut == "area":
            return f"{code}…" if code.isdecimal() else code
        if cut == "week":
            return f"Week of {code}"
        words = WORDS.get(cut, {}).get(code)
        plain = code.replace("_", " ")
        return words or f"{plain[:1].upper()}{plain[1:]}"
