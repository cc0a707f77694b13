"""Hospital stays in the modelled EHR: who was in is sent home with a visit to come and, mostly, instructions on file."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial

from handlers.history.chart import Chart
from handlers.history.script import Person, Script
from handlers.history.stage import Stage
from workflows import clinical, discharges, pre_check
from workflows.ehr_facts import ClinicalFact

STAYS = 0.4  # of the patients are in hospital once
ADMISSION = (("http://snomed.info/sct", "32485007"),)
FOLLOW_UP = timedelta(days=8)


class Stays:
    """Admissions, spread over the whole time."""

    def __init__(self, stage: Stage, chart: Chart) -> None:
        self.stage, self.chart = stage, chart
        self.home: list[datetime] = []

    def open(self, script: Script, people: Sequence[Person]) -> None:
        """Foresee who is admitted, and when."""
        for person in people:
            chance = self.stage.dice.of("stays", person.no)
            if chance.random() < STAYS:
                at = script.begins + (script.ends - script.begins) * chance.uniform(0.03, 0.95)
                self.stage.later(at, partial(self._admit, person))

    def _admit(self, person: Person) -> None:
        chance = self.stage.dice.of("stay", person.no)
        stay = ClinicalFact(
            resource="Encounter", ehr_id=f"stay-past-{person.no}", patient_ehr_id=person.fact.ehr_id, status="in-progress",
            codes=ADMISSION, at=self.stage.at, class_code="IMP", version="1", updated_at=self.stage.at,
        )  # fmt: skip
        self._mirror([stay])
        leaves = self.stage.at + timedelta(days=chance.randint(2, 5))
        home = self.chart.diary.local(leaves.astimezone(self.chart.diary.zone).date(), time(13, 15))
        self.stage.later(home, partial(self._discharge, person, stay, informed=chance.random() < 0.9))

    def _discharge(self, person: Person, stay: ClinicalFact, *, informed: bool) -> None:
        self.home.append(self.stage.at)
        self.chart.enter(person, self.chart.diary.opening(self.stage.at + FOLLOW_UP, person.no % 15))
        papers = ClinicalFact(
            resource="Observation", ehr_id=f"papers-past-{person.no}", patient_ehr_id=person.fact.ehr_id, status="final",
            codes=(pre_check.INSTRUCTIONS[0],), at=self.stage.at, version="1", updated_at=self.stage.at,
        )  # fmt: skip
        gone = replace(
            stay, status="finished", until=self.stage.at, disposition="home", version="2", updated_at=self.stage.at
        )
        self._mirror([papers, gone] if informed else [gone])

    def _mirror(self, facts: list[ClinicalFact]) -> None:
        with self.stage.begin() as session:
            discharges.notice(session, clinical.mirror(session, facts))
