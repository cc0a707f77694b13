"""What the nursery is asked to start."""

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Order:
    """One process: "web", "clock" or "worker". `die_at` is the number of the boundary it dies at; the waits are machine seconds."""

    role: str
    lane: str = ""
    die_at: int | None = None
    send_then_record: bool = False
    lease_s: float = 1.0
    looks_s: tuple[float, ...] = (0.3, 0.6, 1.2)
    journal: str = ""
    log: str = ""
    env: dict[str, str] = field(default_factory=dict)

    def line(self) -> str:
        """As the nursery reads it."""
        return json.dumps(asdict(self))
