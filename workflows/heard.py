"""One message that came in, with what is known around it."""

from dataclasses import dataclass

from storage.tables import Message, Patient, PhoneNumber
from workflows.effects import Event
from workflows.understanding import Reading, Urgency
from workflows.wishes import CALL_HOURS, Wish

FLAGGED = frozenset({Urgency.EMERGENCY, Urgency.URGENT, Urgency.CLINICAL})
SCHEDULING = frozenset({"reschedule", "time_given", "cancel", "ready"})
CLOSED = frozenset({"thanks", "ack", "greeting", "praise", "tapback", "confirm"})


@dataclass(frozen=True, slots=True)
class Heard:
    """What a person or a program makes of it. `carrier_did`: STOP, START or HELP when the carrier has acted already."""

    message: Message
    number: PhoneNumber
    patient: Patient | None
    question: Message | None
    reading: Reading
    suppressed: bool
    carrier_did: str | None
    form: Event | None = None
    wishes: tuple[Wish, ...] = ()
    is_bare_k: bool = False

    @property
    def by_phone(self) -> bool:
        """Whether they asked to be called at certain hours."""
        return any(wish.kind == CALL_HOURS for wish in self.wishes)

    @property
    def language(self) -> str:
        """The patient's; a stranger's as they wrote."""
        if self.patient is not None:
            return self.patient.language
        return self.reading.language or "en"

    @property
    def flagged(self) -> bool:
        """Whether it is about the body, so that a clinician acts first."""
        return self.reading.urgency in FLAGGED

    @property
    def stopping(self) -> bool:
        """Whether texts are to stop, by the words or because the carrier has acted on them."""
        return self.reading.opt_out or self.carrier_did == "STOP"

    @property
    def only_asks_who(self) -> bool:
        """Whether "who is this" is all that sounds like a wrong number: a wrong number said in words is one."""
        proofs = self.reading.evidence
        asked = [(proof.start, proof.end) for proof in proofs if proof.rule == "intent.who_is_this"]
        wrong = [(proof.start, proof.end) for proof in proofs if proof.rule == "intent.wrong_number"]
        return bool(asked) and all(any(start < e and s < end for s, e in asked) for start, end in wrong)

    def names(self, *concepts: str) -> bool:
        """Whether one of these concepts of the lexicon stood in it."""
        return any(proof.rule.removeprefix("intent.") in concepts for proof in self.reading.evidence)
