"""Every lint rule by its stable id: what it guards and whose rule it is. tests/data/lint holds a broken file for each."""

from dataclasses import dataclass
from typing import Literal

RULES: dict[str, str] = {
    "file.yaml": "The file is YAML, and no key is written twice.",
    "file.grammar": "The file follows grammar 1.",
    "file.unknown": "The file is a program, a pack, a form, a library or a file of texts.",
    "step.target": "Every exit leads to a step that exists.",
    "step.unreachable": "Every step can be reached.",
    "step.endless": "From every step a patient gets to an outcome or a person.",
    "step.ring": "Silence never leads back to the same question.",
    "step.loop": "Cases do not open one another without the patient.",
    "step.touches": "After three texts without an answer a person takes over (S25).",
    "step.read_back": "What a patient wrote in words is read back before it is recorded (S31).",
    "step.slots": "Offered times have a way for the choice and for none being free, and digits of their own.",
    "step.book": "What is booked was offered.",
    "step.two_texts": "No two texts in one moment (T6).",
    "channel.adapter": "Every channel named can be sent by.",
    "stop.missing": "The EHR can end the program (N17).",
    "measure.days": "Figures look at a run as long as it may last (S109).",
    "measure.from": "Figures of a program that waits for a date before it texts begin with the first text (S113).",
    "trigger.fresh": "An old event texts nobody (S16).",
    "text.missing": "Every text that a step sends is written.",
    "text.unused": "Every text is sent by a step.",
    "text.language": "Every text is there in each language (P8).",
    "text.placeholder": "A text holds known placeholders only.",
    "text.sender": "Every text names its sender first (K1).",
    "text.tone": "No exclamation marks, emoji or shouting (voice).",
    "text.question": "One question a text (voice).",
    "text.reserved": "Answers are digits, never a carrier's command (lesson 4).",
    "text.menu": "Each digit that a text offers is an answer of its step, and each answer by digit is offered.",
    "text.shortener": "No public link shorteners (K2).",
    "text.sensitive": "Nothing that tells a stranger what the visit is about (P1).",
    "text.segments": "One segment with the longest values (K4).",
    "text.first": "Two segments at most as the first text, with the intro (K4).",
    "text.typography": "Straight quotes, dashes and spaces (K4).",
    "text.reading": "Reading level of grade 6 at most (voice).",
    "text.blame": "No blame (voice).",
    "text.alarm": "No alarm and no pressure (voice).",
    "text.joke": "No jokes, no chat-speak (voice).",
    "text.usted": "Spanish says usted (voice).",
    "text.advice": "No medical advice (C1, S95).",
    "text.marketing": "A care program sells nothing and bills nobody (T5, T7).",
    "text.hcahps": "No item or scale of the federal hospital survey (H1).",
    "text.steering": "A survey does not steer its answer (H1).",
    "text.apology": "A low score is answered with an apology first (voice).",
    "text.person": "Who promises a person says who (voice).",
    "text.stop": "A marketing text, and the answer to HELP, say how to end texts: STOP (K1).",
    "answer.example": "An approved answer's own examples lead to it, and to no other.",
    "answer.counter": "What an approved answer must not be given to does not lead to it (C1, S95).",
    "answer.menu": "An approved answer asks whether it helped: 1 or 2, a person; one that opens a case asks nothing (S23).",
    "reply.segments": "A saved reply has at most 3 segments with the longest values (K4).",
    "form.booking": "Who books by a page gives the year of birth first.",
    "pack.program": "A pack names programs that exist (S123).",
    "pack.trigger": "No two programs of a pack start by the same event (S98).",
    "pack.cohort": "A pack names cohort presets that exist.",
    "pack.same": "What a pack changes is different from the built-in program.",
    "first.purpose": "The first text says what texts are about (K1).",
    "first.frequency": "The first text says how often (K1).",
    "first.rates": 'The first text says "Msg&data rates may apply" (K1).',
    "first.help": "The first text says HELP (K1).",
    "first.stop": "The first text says STOP (K1).",
    "first.privacy": "The first text warns that texts are not private (P1).",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` is a path in the file ("steps.first", "texts.first.es"); `say` tells what to change; `rule` stays the same for ever."""

    rule: str
    where: str
    say: str
    level: Literal["error", "warning"] = "error"
