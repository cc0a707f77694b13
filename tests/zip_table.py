"""`python -m tests.zip_table` writes `workflows/zip_places.txt` from the package `zipcodes`, which takes 38 MB in each process."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import zipcodes

FILE = Path(__file__).parents[1] / "workflows" / "zip_places.txt"
HEAD = """# Time zone and state of each five-digit ZIP that is one: a line for those that have the same, ranges of numbers with their ends.
# Made by `python -m tests.zip_table`; a test holds it to the package.
"""


def truth() -> dict[str, tuple[tuple[str | None, str | None], ...]]:
    """{ZIP: its (zone, state) rows} as the package has them."""
    found: dict[str, list[tuple[str | None, str | None]]] = defaultdict(list)
    for row in zipcodes.list_all():  # type: ignore[no-untyped-call]  # it ships a typing marker without annotations
        found[row["zip_code"]].append((row["timezone"], row["state"]))
    return {code: tuple(rows) for code, rows in found.items()}


def text() -> str:
    """The file's content."""
    alike: dict[tuple[tuple[str | None, str | None], ...], list[int]] = defaultdict(list)
    for code, rows in truth().items():
        alike[rows].append(int(code))
    lines = [f"{_said(rows)}: {','.join(_ranges(sorted(codes)))}" for rows, codes in alike.items()]
    return HEAD + "\n".join(sorted(lines)) + "\n"


def _said(rows: tuple[tuple[str | None, str | None], ...]) -> str:
    return "+".join(f"{zone or '-'} {state or '-'}" for zone, state in rows)


def _ranges(codes: list[int]) -> Iterator[str]:
    first = last = codes[0]
    for code in [*codes[1:], -1]:
        if code != last + 1:
            yield f"{first:05d}" if first == last else f"{first:05d}-{last:05d}"
            first = code
        last = code


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
    sys.stdout.write(f"{FILE.stat().st_size} bytes\n")
