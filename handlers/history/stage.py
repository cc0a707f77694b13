"""What all parts of a played history share: the database, chance, the clock, and what is to happen when."""

import heapq
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from storage.db import Database
from workflows.simulation.behaviour import Dice

What = Callable[[], object]
Move = Callable[[datetime], object]


class Stage:
    """Events in order of time; of one instant the one that was planned first comes first. The clock never goes back."""

    def __init__(self, db: Database, org: UUID, *, dice: Dice, move: Move, at: datetime) -> None:
        self.org, self.dice, self.at = org, dice, at
        self._db, self._move = db, move
        self._queue: list[tuple[datetime, int, What]] = []
        self._order = 0
        self.go(at)

    def begin(self) -> AbstractContextManager[Session]:
        """A transaction of the clinic, at the time it is now."""
        return self._db.begin(org=self.org)

    def due_lanes(self) -> list[str]:
        """Lanes with something promised."""
        return self._db.due_lanes()

    def later(self, when: datetime, what: What) -> None:
        """Have something happen then; what should have happened already happens next."""
        self._order += 1
        heapq.heappush(self._queue, (when, self._order, what))

    def after(self, span: timedelta, what: What) -> None:
        """The same, that long from now."""
        self.later(self.at + span, what)

    def following(self) -> datetime | None:
        """When something happens next."""
        return self._queue[0][0] if self._queue else None

    def happen(self, until: datetime) -> bool:
        """Let everything happen that is planned up to then, each at its own time; whether anything did."""
        busy = False
        while self._queue and self._queue[0][0] <= until:
            when, _, what = heapq.heappop(self._queue)
            self.go(when)
            what()
            busy = True
        return busy

    def go(self, to: datetime) -> None:
        """Move business time there, unless it is later already."""
        self.at = max(self.at, to)
        self._move(self.at)
