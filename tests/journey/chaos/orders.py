"""What the nursery is asked to start."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Order:
    """One process to start: "web", "clock" or "worker". `die_at` is the number of the boundary it dies at."""

    role: str
    journal: str
    lane: str = ""
    die_at: int | None = None
    send_then_record: bool = False
    lease_s: float = 1.0
    looks_s: tuple[float, ...] = (0.3, 0.6, 1.2)

    def line(self) -> str:
        return json.dumps(asdict(self))
