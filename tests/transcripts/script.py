"""What happens in a transcript, as written in tests/data/transcripts."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

ZONE = ZoneInfo("America/Chicago")
FOLDER = Path(__file__).parents[1] / "data" / "transcripts"
Turn = str | dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """A beginning that is told in full, and one or more ways it goes on, each told in a line."""

    title: str
    turns: tuple[Turn, ...]
    ways: tuple[tuple[Turn, ...], ...]
    nothing_free_from: int | None  # from this offer on (counted from 0) nothing is free; None = there is always a time


@dataclass(frozen=True)
class Script:
    """One program's scenes and what is known of the patient; instants are UTC."""

    program: str
    starts: datetime
    anchors: dict[str, datetime]
    scenes: tuple[Scene, ...]


def load(program: str) -> Script:
    """The script of a program; times in the file are the clinic's."""
    raw = yaml.safe_load((FOLDER / f"{program}.yaml").read_text("utf-8"))
    anchors = {name: _local(raw[name]) for name in ("appointment", "discharge", "due") if name in raw}
    return Script(program, _local(raw["starts"]), anchors, tuple(_scene(one) for one in raw["scenes"]))


def programs() -> list[str]:
    """Every program that has a script."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def _scene(raw: dict[str, Any]) -> Scene:
    ways = tuple(tuple(way) if isinstance(way, list) else (way,) for way in raw.get("or", []))
    return Scene(raw["title"], tuple(raw.get("turns", [])), ways, raw.get("nothing_free_from"))


def _local(text: str) -> datetime:
    return datetime.fromisoformat(str(text)).replace(tzinfo=ZONE)
