"""docs/kpis.md says of each KPI what the catalogue says, and names every split and phase."""

import re
from pathlib import Path

from workflows.kpis.definitions import CUTS, KPIS, PHASES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "kpis.md"
KINDS = {"share": "share", "duration": "minutes", "money": "dollars", "per_1000": "per 1,000", "points": "points"}


def rows(heading: str) -> list[list[str]]:
    """The table under a heading, without its head."""
    part = PAGE.read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("| ").split(" | ")] for line in lines]


def test_the_page_defines_each_kpi_as_the_catalogue_does() -> None:
    said = [
        [one.code, one.title, one.numerator, one.denominator, str(one.days), KINDS[one.kind], one.better or "–"]
        for one in KPIS.values()
    ]

    assert rows("Definitions") == said


def test_the_page_names_every_split_and_phase() -> None:
    assert dict(rows("Splits")) == CUTS
    named = set(re.findall(r"`(\w+)`", PAGE.read_text("utf-8").split("## Splits")[1]))
    assert set(PHASES) <= named
