"""What goes wrong on demand, for one number or for the next creates."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

Callbacks = Literal["normal", "none", "late", "double", "reversed"]


class Fault(BaseModel):
    """One order to misbehave. Without `times` it lasts until cleared for a number, and for one create otherwise.

    error_code + on: a 400 at create, or accepted and then undelivered with that code. status: an HTTP answer before
    anything is accepted (429 carries Retry-After). timeout_s and reset: the text IS accepted, the answer late or lost;
    reset_before: dropped before it is accepted. queue_s: seconds the text waits in the carrier's queue.
    """

    model_config = ConfigDict(extra="forbid")

    number: str | None = None
    times: int | None = Field(default=None, ge=1, validation_alias=AliasChoices("times", "n"))
    error_code: int | None = Field(default=None, ge=10_000, le=99_999)
    on: Literal["create", "callback"] = "create"
    status: int | None = Field(default=None, ge=400, le=599)
    retry_after: int = Field(default=1, ge=0)
    timeout_s: float = Field(default=0.0, ge=0, le=120)
    reset: bool = False
    reset_before: bool = False
    callbacks: Callbacks = "normal"
    late_s: float = Field(default=2.0, ge=0)
    queue_s: float = Field(default=0.0, ge=0)
    hold_callbacks: bool = False


@dataclass
class _Standing:
    fault: Fault
    left: int | None


@dataclass
class Faults:
    """The standing orders; the caller holds the lock."""

    standing: list[_Standing] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Obey from the next create on."""
        lasting = fault.number is not None or fault.hold_callbacks
        self.standing.append(_Standing(fault, fault.times if fault.times or lasting else 1))

    def take(self, number: str) -> Fault:
        """The fault for a create to this number, used up by one; a quiet Fault when none applies.

        An order for the number goes before an order for anybody; the oldest first.
        """
        for wanted in (number, None):
            for order in self.standing:
                if order.fault.number == wanted:
                    self._use(order)
                    return order.fault
        return Fault()

    def _use(self, order: _Standing) -> None:
        if order.left is not None:
            order.left -= 1
            if order.left == 0:
                self.standing.remove(order)

    def clear(self) -> None:
        """Behave again."""
        self.standing.clear()

    def release(self) -> None:
        """End every order that holds callbacks back."""
        self.standing = [order for order in self.standing if not order.fault.hold_callbacks]
