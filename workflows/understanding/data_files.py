from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "data"


@cache
def read(path: Path) -> dict[str, Any]:
    """What `parsed` gives, read once a process."""
    return parsed(path)


def parsed(path: Path) -> dict[str, Any]:
    """A YAML file of the understanding's data."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return dict(yaml.load(path.read_text("utf-8"), Loader=loader))  # noqa: S506  a safe loader


@cache
def lines(name: str) -> frozenset[str]:
    """What `rows` gives, read once a process."""
    return frozenset(rows(name))


def rows(name: str) -> Iterator[str]:
    """The lines of a text file of the understanding's data, without its comments."""
    return (line for line in (FOLDER / name).read_text("utf-8").splitlines() if not line.startswith("#"))
