"""The modelled carrier and the patients who hold the phones: what arrives, what comes back, and when."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from handlers.history.script import Person
from handlers.history.stage import Stage
from integrations.channels.errors import Where, meaning
from storage import messages
from storage.arrays import among
from storage.db import org_of
from storage.tables import Enrollment, Message, Patient, ProgramRow
from workflows import inbound, sending
from workflows.inbound import Arrived
from workflows.sending import Ready
from workflows.simulation import behaviour, habits
from workflows.simulation.behaviour import Text

UNREACHED = "30005"
LOST = 0.015  # of the texts to a phone that is on end undelivered
STOPS = frozenset({"STOP"})


class Phones:
    """Texts that left arrive after a moment; some are answered."""

    def __init__(self, stage: Stage, people: Sequence[Person]) -> None:
        self.stage = stage
        self._people = {person.fact.ehr_id: person for person in people}
        self._programs: dict[UUID, tuple[str, int]] = {}  # code, and the how manieth run that was texted
        self._sent = 0
        self.said = 0

    def left(self, texts: Sequence[tuple[Ready, Message, str]]) -> None:
        """These left just now: text, its row, and the EHR's id of whom it is for ("" for nobody's)."""
        if not texts:
            return
        self._learn([text for _, text, _ in texts])
        after = timedelta(seconds=self.stage.dice.of("arrives", self._sent).uniform(4, 40))
        lost: set[UUID] = set()
        for _, text, patient in texts:
            self._sent += 1
            person = self._people.get(patient)
            if person is not None and self._is_lost(person, self._sent):
                lost.add(text.id)
            elif person is not None:
                self._answer(person, text, after)
        self.stage.after(after, partial(self._arrived, [text.id for _, text, _ in texts], lost=lost))

    def writes(self, patient_id: UUID, words: str, after: timedelta) -> None:
        """This patient sends these words, of themselves, so much later."""
        self.stage.after(after, partial(self._write, patient_id, words))

    @property
    def sent(self) -> int:
        """Texts that left so far."""
        return self._sent

    def _is_lost(self, person: Person, number: int) -> bool:
        return person.dead or self.stage.dice.of("lost", number).random() < LOST

    def _answer(self, person: Person, text: Message, after: timedelta) -> None:
        """What the patient says to this text, if anything; texts that ask nothing get no answer."""
        if text.step is None or text.enrollment_id is None:
            return
        program, run = self._programs[text.enrollment_id]
        model = habits.MODELS.get(program, habits.OTHERS)
        reply = behaviour.reply(model, self.stage.dice, Text(run, text.step, text.touch or 0))
        if reply is not None:
            words = habits.in_language(reply.say, person.fact.language)
            self.stage.after(after + reply.after, partial(self._says, person, words))

    def _learn(self, texts: Sequence[Message]) -> None:
        """Which program the runs behind these texts are of."""
        new = [text.enrollment_id for text in texts if text.enrollment_id and text.enrollment_id not in self._programs]
        if not new:
            return
        with self.stage.begin() as session:
            of = (Enrollment.org_id == ProgramRow.org_id) & (Enrollment.program_id == ProgramRow.id)
            found = select(Enrollment.id, ProgramRow.code).join(ProgramRow, of)
            rows = session.execute(found.where(Enrollment.org_id == org_of(session), among(Enrollment.id, new)))
            codes = {row.id: row.code for row in rows}
        for run in dict.fromkeys(new):
            self._programs[run] = (codes[run], len(self._programs))

    def _arrived(self, ids: Sequence[UUID], *, lost: Collection[UUID]) -> None:
        with self.stage.begin() as session:
            found = messages.get_many(session, ids)
            for message_id in ids:
                if message_id in lost:
                    means = meaning(UNREACHED, Where.CALLBACK).action.value
                    sending.hear(session, found[message_id], status="undelivered", code=UNREACHED, meaning=means)
                else:
                    sending.hear(session, found[message_id], status="delivered", code="", meaning=None)

    def _write(self, patient_id: UUID, words: str) -> None:
        with self.stage.begin() as session:
            of = select(Patient.ehr_id).where(Patient.org_id == org_of(session), Patient.id == patient_id)
            person = self._people.get(session.scalars(of).one())
        if person is not None and person.number:
            self._says(person, habits.in_language(words, person.fact.language))

    def _says(self, person: Person, words: str) -> None:
        self.said += 1
        did = words if words in STOPS else None
        arrived = Arrived(f"SMpast{self.said:06d}", person.number, words, carrier_did=did)
        with self.stage.begin() as session:
            inbound.receive(session, arrived)
