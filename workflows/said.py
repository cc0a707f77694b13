"""What a patient says beside what they want, in the words of staff: the objection, the next step asked for, a promise (S26, S92)."""

OBJECTIONS = {
    "cost": "the cost stands in the way",
    "transport": "getting there stands in the way",
    "time": "the time stands in the way",
    "fear": "is afraid",
    "elsewhere": "goes elsewhere",
    "upset": "is upset with us",
}
NEXT_STEPS = {
    "results": "results",
    "refill": "a refill",
    "send_information": "information to be sent",
    "stop": "that texts stop",
    "call": "a call",
    "reschedule": "another time",
    "cancel": "the visit off",
    "schedule": "a visit",
    "ask_later": "to be asked later",
    "change_contact": "to be reached another way",
    "billing": "help with a bill",
    "explain": "an explanation",
    "answer": "an answer",
}
PROMISES = {
    "patient_calls": "will get back to us",
    "patient_does": "will do it",
    "we_promised": "says that we promised something",
}


def words(objection: str | None, next_step: str | None, promise: str | None) -> list[str]:
    """The parts that are there, as one says them of the patient."""
    wants = f"asks for {NEXT_STEPS.get(next_step, next_step)}" if next_step else ""
    said = (OBJECTIONS.get(objection or "", objection), wants, PROMISES.get(promise or "", promise))
    return [part for part in said if part]
