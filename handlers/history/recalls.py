"""The modelled managers: each month a recall of those whose visit was lost, some of them left alone so that it can be compared."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Refused
from handlers.history.script import Script
from handlers.history.stage import Stage
from workflows import campaigns
from workflows.cohorts import evaluation
from workflows.staff import Who

COHORT, PROGRAM = "overdue_followup", "recall"
FIRST, EVERY = timedelta(weeks=4, hours=10), timedelta(weeks=4)
HOLDOUT = 0.25
ALONE_UP_TO = 1  # with one manager nobody can approve


class Recalls:
    """Launched on Monday mornings."""

    def __init__(self, stage: Stage, managers: Sequence[Who]) -> None:
        self.stage, self._managers = stage, managers

    def open(self, script: Script) -> None:
        """Foresee them; a clinic without a manager launches none."""
        at = script.begins + FIRST
        while self._managers and at < script.ends:
            self.stage.later(at, partial(self._launch, int((at - script.begins) / EVERY)))
            at += EVERY

    def _launch(self, number: int) -> None:
        """Drafted, previewed, approved by the other one, launched; where nobody is due, nothing is."""
        one, other = self._managers[number % len(self._managers)], self._managers[(number + 1) % len(self._managers)]
        try:
            with self.stage.begin() as session:
                cohort = evaluation.by_code(session, COHORT)
                run = evaluation.evaluate(session, cohort.id, program=PROGRAM)
                draft = campaigns.Draft(
                    PROGRAM, cohort.id, "Routine recall", "Visit lost, nothing since", holdout=HOLDOUT
                )
                made = campaigns.create(session, draft, by=one)
                campaigns.preview(session, made.id, run.id)
                if len(self._managers) > ALONE_UP_TO:
                    campaigns.ask_approval(session, made.id, by=one)
                    campaigns.approve_and_start(session, made.id, by=other)
                else:
                    campaigns.start(session, made.id, by=one)
        except Refused:
            return  # nobody to contact this month


def work(session: Session, campaign_id: UUID) -> None:
    """What the worker does for a campaign: its patients follow its state."""
    while campaigns.follow(session, campaign_id):
        while campaigns.launch(session, campaign_id):
            pass
