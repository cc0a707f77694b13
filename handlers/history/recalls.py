"""The modelled managers: each month a recall of those whose visit was lost, some of them left alone so that it can be compared."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Refused
from handlers.history.script import Script
from handlers.history.stage import Stage
from storage.tables import Campaign
from workflows import campaigns, cohorts, publishing
from workflows.staff import Who

COHORT, PROGRAM = "overdue_followup", "recall"
FIRST, EVERY = timedelta(weeks=2, hours=10), timedelta(weeks=4)
HOLDOUT = 0.35
INVITES = {
    "it's time to plan your next visit.": "we have a place for you this month.",
    "ya es hora de su siguiente cita.": "tenemos un lugar para usted este mes.",
}
"""The other wording of the first text, against which the usual one is tried."""

MANY = 50  # rows of a preview: with the cohorts that come with Careloop, the first time


class Recalls:
    """Previewed, approved by the other manager and launched on Monday mornings. `launched` counts them."""

    def __init__(self, stage: Stage, managers: Sequence[Who], say: Callable[[str], None]) -> None:
        self.stage, self._managers, self._say = stage, managers, say
        self._wordings: tuple[int, ...] = ()
        self.launched = 0

    def open(self, script: Script) -> None:
        """Foresee them; a clinic without a manager launches none."""
        at, number = script.begins + FIRST, 0
        while self._managers and at < script.ends:
            self.stage.later(at, partial(self._recall, number))
            at, number = at + EVERY, number + 1

    def _recall(self, number: int) -> None:
        """One of them launches, the other one approves; what is refused is told, and so is a month with nobody to contact."""
        one, other = (self._managers[(number + who) % len(self._managers)] for who in (0, 1))
        try:
            if number == 0:
                self._try_a_wording(one)
            with self.stage.begin(ids=MANY) as session:
                made = self._preview(session, one)
            plan = made.plan
            if not plan["contacted"]:
                self._say(f"Recall {made.number}: nobody to contact ({_why(plan)}).")
                return
            self._launch(made.id, one, other)
        except Refused as refused:
            self._say(f"A recall was not launched: {refused.say}")
            return
        self.launched += 1
        self._say(f"Recall {made.number}: {plan['contacted']} to contact, {plan['holdout']} left alone ({_why(plan)}).")

    def _try_a_wording(self, by: Who) -> None:
        with self.stage.begin() as session:
            _, live = publishing.live(session, PROGRAM)
            source = live.source
            for usual, other in INVITES.items():
                source = source.replace(usual, other)
            self._wordings = (live.number, publishing.publish_file(session, source, by=by).number)

    def _preview(self, session: Session, by: Who) -> Campaign:
        cohorts.save_built_in(session, actor=by.actor)
        cohort = cohorts.by_code(session, COHORT)
        run = cohorts.evaluate(session, cohort.id, program=PROGRAM)
        draft = campaigns.Draft(
            PROGRAM, cohort.id, "Routine recall", "Visit lost, nothing since", holdout=HOLDOUT, versions=self._wordings
        )
        made = campaigns.create(session, draft, by=by)
        return campaigns.preview(session, made.id, run.id)

    def _launch(self, campaign_id: UUID, one: Who, other: Who) -> None:
        """With a second person's approval; where there is one manager alone, without."""
        with self.stage.begin() as session:
            if one.id == other.id:
                campaigns.start(session, campaign_id, by=one)
                return
            campaigns.ask_approval(session, campaign_id, by=one)
        with self.stage.begin() as session:
            campaigns.approve_and_start(session, campaign_id, by=other)


def _why(plan: dict[str, object]) -> str:
    out = plan["excluded"]
    left = ", ".join(f"{reason} {n}" for reason, n in out.items()) if isinstance(out, dict) and out else "none"
    return f"of {plan['cohort']} due; left out: {left}"


def work(session: Session, campaign_id: UUID) -> None:
    """What the worker does for a campaign: its patients follow its state."""
    while campaigns.follow(session, campaign_id):
        while campaigns.launch(session, campaign_id):
            pass
