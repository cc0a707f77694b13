"""The modelled managers and the pilots of programs: each morning they look whether one may grow."""

from collections.abc import Sequence
from datetime import timedelta

from handlers.history.stage import Stage
from workflows import pilot
from workflows.staff import Who

DAILY = timedelta(days=1)
FIRST = timedelta(hours=8)
PATIENCE = timedelta(weeks=8)  # a program that starts rarely grows after so long, with fewer runs


class Pilots:
    """Approved once all runs are given out, or for a long time; begun anew where reviewers found too much."""

    def __init__(self, stage: Stage, managers: Sequence[Who]) -> None:
        self.stage, self._managers = stage, managers

    def open(self) -> None:
        """Look tomorrow morning, and each one after; a clinic without a manager lets nothing grow."""
        if self._managers:
            self.stage.after(FIRST, self._look)

    def _look(self) -> None:
        who = self._managers[0]
        with self.stage.begin() as session:
            for row, program, standing in pilot.listed(session):
                if row.phase == "steady":
                    continue
                waiting = row.phase == "locked" or self.stage.at - row.opened_at > PATIENCE
                if waiting and not standing.to_do():
                    pilot.approve(session, program, by=who)
                elif row.phase == "locked" and standing.reviewed >= standing.terms.min_reviewed:
                    pilot.again(session, program, by=who)
        self.stage.after(DAILY, self._look)
