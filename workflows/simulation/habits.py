"""How the modelled clinic's patients answer, program by program, and how long its staff take. Assumptions, not measurements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflows import business_time
from workflows.simulation import behaviour
from workflows.simulation.behaviour import Answer, Behaviour, Delay, Dice

SPANISH = {
    "can I come next week in the afternoon?": "¿puedo ir la próxima semana por la tarde?",
    "who is this?": "¿quién es?",
    "how much does it cost": "¿cuánto cuesta?",
    "wrong number": "número equivocado",
    "I have chest pain": "tengo dolor de pecho",
    "the pain is worse since yesterday": "el dolor está peor desde ayer",
    "please call me": "llámeme por favor",
    "they were kind, thank you": "fueron amables, gracias",
    "I waited an hour and nobody told me why": "esperé una hora y nadie me dijo nada",
    "I already went somewhere else": "ya fui a otro lugar",
    "I have no way to get there": "no tengo cómo llegar",
    "I cannot get off work": "no puedo faltar al trabajo",
    "I am scared to come": "me da miedo ir",
}


def _said(**shares: float) -> tuple[Answer, ...]:
    return tuple(Answer(say=WORDS.get(word, word.removeprefix("n")), share=share) for word, share in shares.items())


WORDS = {
    "when": "can I come next week in the afternoon?",
    "who": "who is this?",
    "cost": "how much does it cost",
    "wrong": "wrong number",
    "stop": "STOP",
    "chest": "I have chest pain",
    "worse": "the pain is worse since yesterday",
    "call": "please call me",
    "kind": "they were kind, thank you",
    "waited": "I waited an hour and nobody told me why",
    "elsewhere": "I already went somewhere else",
    "ride": "I have no way to get there",
    "time": "I cannot get off work",
    "afraid": "I am scared to come",
    "ok": "ok",
}
_OUTREACH = _said(
    n1=0.5,
    n2=0.15,
    when=0.08,
    who=0.02,
    cost=0.04,
    ride=0.03,
    time=0.02,
    afraid=0.01,
    elsewhere=0.03,
    stop=0.02,
    wrong=0.015,
    chest=0.006,
    n3=0.07,
)
_TIMES = _said(n1=0.45, n2=0.2, n3=0.12, n4=0.13, when=0.1)
_STATED = {
    "no_show": ((0.34, 0.22, 0.14), {"default": _OUTREACH, "times": _TIMES}),
    "recall": ((0.26, 0.14, 0.1), {"default": _OUTREACH, "times": _TIMES}),
    "reminder": ((0.46, 0.4), {"default": _said(n1=0.8, n2=0.12, when=0.03, call=0.015, stop=0.012, wrong=0.008, ok=0.01)}),
    "survey": (
        (0.4, 0.24),
        {
            "default": _said(n10=0.34, n9=0.24, n8=0.14, n7=0.08, n6=0.04, n4=0.04, n2=0.02, waited=0.04, kind=0.04, stop=0.02),
            "comment": _said(n1=0.5, kind=0.35, waited=0.1),
        },
    ),
    "discharge": (
        (0.62, 0.5, 0.5),
        {
            "default": _said(n1=0.68, n2=0.12, n3=0.08, worse=0.06, call=0.04, chest=0.01),
            "first": _said(n1=0.66, n2=0.2, n3=0.08, call=0.03, worse=0.02),
        },
    ),
}  # fmt: skip
SOON = Delay(median_min=25, spread=5)


def _model(replies: tuple[float, ...], answers: Mapping[str, tuple[Answer, ...]]) -> Behaviour:
    return behaviour.usual().model_copy(update={"replies": replies, "answers": dict(answers), "reply_after": SOON})


MODELS: dict[str, Behaviour] = {code: _model(*stated) for code, stated in _STATED.items()}
OTHERS = behaviour.usual()


def in_language(words: str, language: str | None) -> str:
    """The same said by somebody who speaks that language; digits are the same in both."""
    return SPANISH.get(words, words) if language == "es" else words


@dataclass(frozen=True, slots=True)
class Pace:
    """Minutes until a case is claimed, and from then until it is closed; `clock` counts nights and weekends too."""

    claim: Delay
    close: Delay
    clock: bool = False

    def when(self, delay: Delay, dice: Dice, at: datetime, *, zone: str, what: tuple[object, ...]) -> datetime:
        """The instant it is done, from `at` on: in hours of work, unless the clock counts."""
        span = behaviour.draw(dice.of(*what), delay)
        return at + span if self.clock else business_time.after(span, at, zone)


ALARM = Pace(Delay(median_min=6, spread=1.8), Delay(median_min=25, spread=1.8), clock=True)
EARLY = Pace(Delay(median_min=95, spread=2.8), Delay(median_min=110, spread=2.6))
LATER = Pace(Delay(median_min=38, spread=2.5), Delay(median_min=70, spread=2.4))
LEARNT = timedelta(weeks=9)  # by then the teams work their queue from Slack all day


def pace(priority: str, *, since: timedelta) -> Pace:
    """How fast a case of this priority is worked on, that long after the first day."""
    if priority in ("emergency", "urgent"):
        return ALARM
    return LATER if since > LEARNT else EARLY


_TALK = {"slot": 0.42, "declined": 0.16, "unreachable": 0.24, "resolved": 0.14, "booked": 0.04}
_CLINICAL = {"handled": 0.6, "no_concern": 0.2, "visit_arranged": 0.15, "unreachable": 0.05}
CLOSES: dict[str, dict[str, float]] = {
    "reschedule": _TALK,
    "ready_to_schedule": _TALK,
    "call_back": _TALK,
    "call_task": {"slot": 0.2, "declined": 0.14, "unreachable": 0.52, "resolved": 0.14},
    "red_flag": _CLINICAL,
    "clinical": _CLINICAL,
    "low_score": {"resolved": 0.78, "unreachable": 0.17, "declined": 0.05},
    "missing_contact": {"unreachable": 0.6, "resolved": 0.4},
    "pre_check": {"ready": 0.8, "resolved": 0.2},
    "interpreter": {"booked": 0.3, "unreachable": 0.4, "resolved": 0.3},
    "pilot_review": {"passed": 0.975, "fail_wording": 0.025},
}


def closes(kind: str, allowed: Mapping[str, str], *, dice: Dice, case: int) -> str:
    """How staff close a case of this kind ("slot": with a time of the EHR's); else it is done, or what its list begins with."""
    shares = {how: share for how, share in CLOSES.get(kind, {}).items() if how == "slot" or how in allowed}
    if shares:
        return dice.of("closes", case).choices(list(shares), list(shares.values()))[0]
    return "resolved" if "resolved" in allowed else next(iter(allowed))
