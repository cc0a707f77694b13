"""Reading replies, in one process: no model, no network, no database."""

import json
import time
from typing import Any

from tests.bench.report import Metric, tell
from tests.databases import ROOT
from workflows.understanding import batch

PER_S = 5000.0


def run(*, seconds: float) -> None:
    """Print messages a second through `understand`'s own entry, JSON to JSON, each time with other digits so that none is read twice alike.

    Once over the short replies of an ordinary day, once over every development reply: mostly long, dense ones, half of them about
    the body.
    """
    replies = ROOT / "tests/data/replies"
    every = [path for path in sorted(replies.glob("dev_*.jsonl")) if path.stem.removeprefix("dev_") not in _NO_REPLIES]
    for name, paths in (("short_replies", [replies / "dev_first.jsonl"]), ("dense_replies", every)):
        rate = _rate([json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()], seconds)
        tell(Metric(f"understanding_{name}_per_s", rate, "messages/s", target=f">= {PER_S:g}", ok=rate >= PER_S))


_NO_REPLIES = ("ordinary", "ordinary_second", "prose", "reviews", "comments", "comments_second")


def _rate(asked: list[dict[str, Any]], seconds: float) -> float:
    batch.get_ready()
    for _ in batch.run(map(json.dumps, asked)):
        pass  # every line that these texts need is compiled once
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for _ in batch.run([json.dumps({**one, "text": f"{one['text']} {count}"}) for one in asked]):
            count += 1
    return count / (time.perf_counter() - begin)
