"""The held-back half: written by people who had not seen the lexicon, its hash committed before tuning, scored here as a whole.

Its messages are not to be read item by item while the lexicon is worked on; docs/safety.md lists what is missed.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.databases import ROOT
from workflows.understanding import scoring

FOLDER = ROOT / "tests" / "data" / "held_back"
HASHES = ROOT / "tests" / "data" / "held_back.sha256"
REPLIES = ("en.jsonl", "es.jsonl")
HARD = ("hard_danger.jsonl", "hard_danger_es.jsonl", "hard_clinical.jsonl", "hard_service.jsonl", "hard_times.jsonl")
# What a release must reach on the replies, as shares; a little below what docs/safety.md measured.
AT_LEAST = {
    "emergency recall, strict": 0.95,
    "emergency reaching a human (incl. review)": 1.0,
    "emergency recall, Spanish and mixed": 0.94,
    "urgent + clinical flagged clinical": 0.95,
    "urgent + clinical incl. review": 0.98,
    "opt-out precision": 0.9,
    "opt-out recall": 1.0,
    "survey score exact": 0.96,
    "time exact": 0.9,
}
AT_MOST = {
    "false clinical on non-clinical": 0.045,
    "false emergency on non-clinical": 0.01,
    "review rate": 0.15,
}
MACRO_F1 = 0.85


def rows(*names: str) -> list[dict[str, Any]]:
    return [json.loads(line) for name in names for line in (FOLDER / name).read_text("utf-8").splitlines()]


@cache
def shares() -> dict[str, float]:
    return {figure.name: figure.share for figure in scoring.figures(scoring.judged(rows(*REPLIES)))}


def test_the_held_back_half_is_the_one_that_was_written_before_tuning() -> None:
    pairs = [line.split() for line in HASHES.read_text("utf-8").splitlines()]
    wanted = {name: digest for digest, name in pairs}

    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(FOLDER).glob("*.jsonl"))}
    assert found == wanted


def test_the_sets_are_as_large_as_they_must_be() -> None:
    every = rows(*REPLIES) + [
        json.loads(line)
        for path in sorted((ROOT / "tests" / "data" / "replies").glob("dev_*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    tongue = [row.get("lang", "en") for row in every]

    assert len(every) >= 1_500
    assert tongue.count("en") >= 900
    assert tongue.count("es") >= 400
    assert tongue.count("mixed") >= 100


@pytest.mark.parametrize(("name", "share"), AT_LEAST.items())
def test_held_back_replies_reach(name: str, share: float) -> None:
    assert shares()[name] >= share


@pytest.mark.parametrize(("name", "share"), AT_MOST.items())
def test_held_back_replies_stay_under(name: str, share: float) -> None:
    assert shares()[name] <= share


def test_the_intents_of_held_back_replies() -> None:
    by_label = scoring.f1(scoring.judged(rows(*REPLIES)))

    assert sum(by_label.values()) / len(by_label) >= MACRO_F1


def test_in_hard_wordings_hardly_an_emergency_reaches_nobody() -> None:
    found = {figure.name: figure.share for figure in scoring.figures(scoring.judged(rows(*HARD)))}

    assert found["emergency reaching a human (incl. review)"] >= 0.95
    assert found["urgent + clinical incl. review"] >= 0.95
    assert found["emergency recall, strict"] >= 0.68
