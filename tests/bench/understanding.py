"""Reading replies, in one process: no model, no network, no database."""

import json
import time
from datetime import datetime

from tests.bench.report import Metric, tell
from tests.databases import ROOT
from workflows import understanding

PER_S = 5000.0


def run(*, seconds: float) -> None:
    """Print understanding_per_s over the development replies, each time with other digits so that none is read twice alike."""
    lines = [json.loads(line) for line in (ROOT / "tests/data/replies/dev_first.jsonl").read_text("utf-8").splitlines()]
    asked = [(str(one["text"]), one["context"], datetime.fromisoformat(one["ref"])) for one in lines]
    for text, context, ref in asked:
        understanding.read(text, context=context, ref=ref)
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for text, context, ref in asked:
            understanding.read(f"{text} {count}", context=context, ref=ref)
        count += len(asked)
    rate = count / (time.perf_counter() - begin)
    tell(Metric("understanding_per_s", rate, "messages/s", target=f">= {PER_S:g}", ok=rate >= PER_S))
