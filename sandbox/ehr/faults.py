"""What the chart does wrong on demand."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """One order to misbehave for `times` requests of a method and type ("Bundle" = transactions), any without them.

    status: answered instead of working (429 and 503 carry Retry-After). reset_before: dropped before working. reset
    and timeout_s: the work IS done, the answer lost or late. lose_write: answered as done, and forgotten.
    """

    model_config = ConfigDict(extra="forbid")

    method: Literal["GET", "POST", "PUT", "DELETE"] | None = None
    type: str | None = None
    times: int = Field(default=1, ge=1)
    status: int | None = Field(default=None, ge=400, le=599)
    retry_after: int = Field(default=1, ge=0)
    reset: bool = False
    reset_before: bool = False
    timeout_s: float = Field(default=0.0, ge=0, le=120)
    lose_write: bool = False


@dataclass
class Faults:
    """The standing orders, oldest first; used on the event loop only."""

    standing: list[Fault] = field(default_factory=list)

    def take(self, method: str, kind: str) -> Fault:
        """The fault for this request, used up by one; a quiet Fault when none applies."""
        for position, order in enumerate(self.standing):
            if order.method in (None, method) and order.type in (None, kind):
                left = order.times - 1
                self.standing[position : position + 1] = [order.model_copy(update={"times": left})] if left else []
                return order
        return Fault()
