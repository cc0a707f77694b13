"""The modelled carrier and the patients who hold the phones: what arrives, what comes back, and when."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from handlers.history.script import Person
from handlers.history.stage import Stage
from integrations.channels.errors import Where, meaning
from storage import messages
from storage.db import org_of
from storage.tables import Enrollment, Message, ProgramRow
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
        for _, text, patient in texts:
            self._sent += 1
            person = self._people.get(patient)
            lost = person is not None and self._is_lost(person, self._sent)
            after = timedelta(seconds=self.stage.dice.of("arrives", self._sent).uniform(4, 40))
            self.stage.after(after, partial(self._arrived, text.id, lost=lost))
            if person is not None and not lost:
                self._answer(person, text, after)

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
        program, run = self._run(text.enrollment_id)
        model = habits.MODELS.get(program, habits.OTHERS)
        reply = behaviour.reply(model, self.stage.dice, Text(run, text.step, text.touch or 0))
        if reply is not None:
            words = habits.in_language(reply.say, person.fact.language)
            self.stage.after(after + reply.after, partial(self._says, person, words))

    def _run(self, enrollment_id: UUID) -> tuple[str, int]:
        if enrollment_id not in self._programs:
            with self.stage.begin() as session:
                of = (Enrollment.org_id == ProgramRow.org_id) & (Enrollment.program_id == ProgramRow.id)
                mine = (Enrollment.org_id == org_of(session)) & (Enrollment.id == enrollment_id)
                code = session.scalars(select(ProgramRow.code).join(Enrollment, of).where(mine)).one()
            self._programs[enrollment_id] = (code, len(self._programs))
        return self._programs[enrollment_id]

    def _arrived(self, message_id: UUID, *, lost: bool) -> None:
        with self.stage.begin() as session:
            message = messages.get(session, message_id)
            if lost:
                means = meaning(UNREACHED, Where.CALLBACK).action.value
                sending.hear(session, message, status="undelivered", code=UNREACHED, meaning=means)
            else:
                sending.hear(session, message, status="delivered", code="", meaning=None)

    def _says(self, person: Person, words: str) -> None:
        self.said += 1
        did = words if words in STOPS else None
        arrived = Arrived(f"SMpast{self.said:06d}", person.number, words, carrier_did=did)
        with self.stage.begin() as session:
            inbound.receive(session, arrived)
