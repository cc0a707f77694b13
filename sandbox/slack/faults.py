"""Trouble on demand: the next calls of a method fail, wait, or lose their answer."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from sandbox.slack.shapes import Json

Drop = Literal["request", "answer"]


class Fault(BaseModel):
    """`drop` hangs up: on the `request` before it is carried out, or on the `answer` after it was. Method "*": any."""

    method: str
    error: str | None = None
    status: int | None = Field(default=None, ge=400, le=599)
    retry_after: int | None = Field(default=None, ge=0)
    times: int = Field(default=1, ge=1, le=10_000)
    delay_s: float = Field(default=0.0, ge=0, le=60)
    drop: Drop | None = None

    @field_validator("drop", mode="before")
    @classmethod
    def _plain_yes(cls, given: object) -> object:
        """A bare `true` loses the answer: the case in which nobody knows whether it happened."""
        return {True: "answer", False: None}[given] if isinstance(given, bool) else given

    @property
    def refuses(self) -> bool:
        return self.error is not None or self.status is not None


class Faults:
    """Planted in order, used up in order."""

    def __init__(self) -> None:
        self._planted: list[Fault] = []

    def plant(self, fault: Fault) -> None:
        self._planted.append(fault.model_copy())

    def take(self, method: str) -> Fault | None:
        """The fault this call meets, counted down."""
        for fault in self._planted:
            if fault.method in (method, "*"):
                fault.times -= 1
                if fault.times == 0:
                    self._planted.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        self._planted.clear()


@dataclass(frozen=True)
class Call:
    """One Web API call as received: arguments without the token, and what was answered."""

    method: str
    args: Json
    answer: Json
    status: int
    at: float


class CallLog:
    """The newest 2,000 calls."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=2_000)

    def add(self, call: Call) -> None:
        self._calls.append(call)

    def of(self, method: str | None) -> list[Call]:
        return [call for call in self._calls if method in (None, call.method)]
