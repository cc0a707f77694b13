"""What `make bench` prints: one JSON line a metric on standard output; everything else goes to standard error."""

import json
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Metric:
    """One measured number. `reference` names the floor or peer of the same run; `ok` is None where nothing is promised."""

    metric: str
    value: float
    unit: str
    reference: str | None = None
    reference_value: float | None = None
    target: str | None = None
    ok: bool | None = None


def tell(metric: Metric) -> None:
    """Print one line, at once."""
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(metric).items()}
    sys.stdout.write(json.dumps(rounded) + "\n")
    sys.stdout.flush()


def log(what: str) -> None:
    """A line for whoever watches."""
    sys.stderr.write(f"bench: {what}\n")
    sys.stderr.flush()


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0..1) of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
