import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from workflows.understanding import (
    conversation,
    hearing,
    language,
    lexicon,
    opt_out,
    safety,
    second_opinion,
    survey,
    tapbacks,
    when,
)
from workflows.understanding.hearing import ANALYSED, Heard
from workflows.understanding.intents import Found
from workflows.understanding.lexicon import Lexicon
from workflows.understanding.normalise import Text
from workflows.understanding.readings import VERSION, Evidence, Reading, Urgency, When

_SCHEDULING = ("appointment_confirm", "outreach_schedule")
_FIRM = frozenset(
    (
        "confirm",
        "cancel",
        "running_late",
        "deceased",
        "wrong_number",
        "opt_out",
        "decline_outreach",
        "billing",
        "contact_pref",
        "greeting",
    )
)
_CUT = frozenset(("billing", "contact_pref", "greeting"))  # said in one clause, they leave the time in another
_BESIDE_A_TIME = frozenset(("billing", "greeting", "confirm", "contact_pref"))
_VISIT = re.compile(
    r"(?<!\w)(?:(?:mov(?:e|ed|ing)|chang(?:e|ed|ing)|push|bump|switch|resched\w*) (?:up |back |it |this )*(?:my|mine|the|our) "
    r"(?:\w+ )?(?:visit|appointment|time|slot|day)|"
    r"(?:put|switch|move|slot|pencil|book|squeeze|schedule) (?:me|us|him|her|it|mine) (?:back|in|down|up|for|to|on|at)|"
    r"(?:mover|cambiar|adelantar|pasar|atrasar|posponer)(?:me)? (?:mi|la|una|el) (?:cita|consulta|turno|hora)|"
    r"an? appointment|appointment (?:on|for)|openings?|schedule|"
    r"is there (?:anything|something|any \w+|an? (?:spot|slot|time)) (?:open|available|left|free|"
    r"(?:on|for) (?:the \d+\w*|(?:mon|tue|wed|thu|fri|sat|sun)\w*|tomorrow))|"
    r"(?:quisiera|quiero|necesito|busco|ocupo|hay|tendran?|tienen) (?:cita|turno|consulta)s?|"
    r"(?:have|got) (?:anything|any|something|room|spots?|time|a spot)|tienen? (?:algo|lugar|espacio|campo)|"
    r"(?:can|could|will) (?:you|someone|somebody|anyone|anybody|the doctor|doctor \w+) (?:see|fit|squeeze|take) (?:me|us|him|her|my \w+)|"
    r"(?:to|please) (?:see|book|schedule|make) (?:the|my|an?|dr|doctor)|"
    r"(?:get|set up|book|schedule|make|need|have|do) (?:my|an?|his|her|our|the) (?:\w+ )?(?:annual|physical|check ?up|exam|mammogram|"
    r"cleaning|visit|well check|vaccine|screening|follow ?up|consult)|(?:got|any) room for|"
    r"(?:quiero|quisiera|necesito|puedo|podria|gustaria) (?:agendar|programar|reservar|apartar)|"
    r"fit me in|get (?:me |us )?in|be seen|come in|una? (?:cita|turno)|"
    r"(?:dar|dan|da|sacar|hacer|agendar|programar) (?:una )?cita|me (?:puedan?|pueden?|podrian?) (?:ver|atender))(?!\w)"
)
_PROPOSES = re.compile(
    r"(?<!\w)(?:how about|what about|(?:can|could) (?:we|i|it|you)|instead|que tal|puede ser|podria ser|mejor|se puede|any chance|"
    r"the following (?:day|week|(?:mon|tue|wed|thu|fri|sat|sun)\w*)|"
    r"otra semana|next (?:week|wk) (?:is|works|pls|please))(?!\w)"
)
_CLAUSE_END = re.compile(
    r" (?:[.,?]|but|pero|and|y|because|bc|cuz|porque|also|so|asi que|about(?= (?:my|a|this|these|the) )|for(?= my ))(?= )"
)
_ASKS_A_TIME = re.compile(
    r"(?:[.,] |but |and |y |pero )?"
    r"(?:can|could|may|would|any|is there|are there|do you have|puedo|pueden?|podrian?|hay|se puede)(?= )"
)
_WHO = frozenset(("proxy",))  # says who writes; alone it leaves unread what they say


_CONFLICTS = (
    frozenset(("confirm", "cancel")),
    frozenset(("opt_out", "confirm")),
    frozenset(("opt_out", "ready")),
    frozenset(("opt_in", "opt_out")),
)


def read(text: str, *, context: str | None, ref: datetime, words: Lexicon | None = None) -> Reading:
    """Decide what an inbound text means under the outstanding question `context`; pure, same input same answer.

    `ref` is the naive local time of receipt; `words` an organisation's lexicon instead of the built-in one. Doubt never
    lowers urgency: it sets `review`.
    """
    if words is None:
        return _read(text, lexicon.everything(), context=context, ref=ref)
    return replace(_read(text, words, context=context, ref=ref), version=f"{VERSION}+{words.version}")


def _read(text: str, words: Lexicon, *, context: str | None, ref: datetime) -> Reading:
    mood, own, offset = tapbacks.split(text)
    if mood is not None and not own.strip():
        return _tapback(text, mood)
    heard = hearing.heard(own, words, context)
    if heard.keyword is not None:
        return _keyword(text, heard.normal, heard.keyword)
    return _free(heard, context=context, ref=ref, offset=offset)


def _tapback(text: str, mood: tapbacks.Mood) -> Reading:
    proof = (Evidence(f"tapback.{mood.value}", 0, len(text), text),)
    unsettled = mood is tapbacks.Mood.COLD or (mood is tapbacks.Mood.WARM and tapbacks.asks_for_one(text))
    if unsettled:  # displeased, or a weak yes: a person looks at it
        return _reading(("tapback",), Urgency.NONE, evidence=proof, review=True, confidence=0.5)
    return _reading(("tapback",), Urgency.NONE, evidence=proof)


def _keyword(text: str, normal: Text, word: opt_out.Keyword) -> Reading:
    start = len(text) - len(text.lstrip())
    proof = (Evidence(word.rule, start, len(text.rstrip()), text.strip()),)
    urgency = Urgency.NONE if word.intents == ("opt_in",) else Urgency.ADMIN
    ambiguous = "cancel" in word.intents  # the law says stop; a person asks whether the visit was meant
    tongue = language.guess(normal.normal.split())
    return _reading(word.intents, urgency, evidence=proof, review=ambiguous, confidence=1.0, language=tongue)


def _free(heard: Heard, *, context: str | None, ref: datetime, offset: int) -> Reading:
    body, signs, found, score, tongue = (
        heard.normal.normal[:ANALYSED],
        heard.signs,
        heard.found,
        heard.score,
        heard.language,
    )
    asked = _asked(body, found, signs, ref=ref, context=context, spanish=tongue == "es")
    if asked is not None:
        found = tuple(f for f in found if not (f.label == "question" and _ASKS_A_TIME.match(body, f.start)))
    ahead = asked if asked is not None and asked.end > ref else None
    names = _names(found, signs, well=heard.well, context=context, score=score, asked=ahead, body=body)
    urgency = _urgency(names, found, signs, score)
    more = conversation.said(heard.hits, names)
    proof = [(s.rule, s.start, s.end) for s in signs] + [(f.rule, f.start, f.end) for f in found] + list(more.proof)
    doubt = heard.grave or _doubt(names, signs, score=score, body=body, context=context)
    if not doubt and urgency.weight < Urgency.CLINICAL.weight and (where := second_opinion.asks_for_a_person(body)):
        doubt = True
        proof.append(("opinion.clinical", *where))
    evidence = tuple(_evidence(heard.normal, *where, offset=offset) for where in proof)
    certain = bool(names) or heard.choice is not None
    return _reading(
        tuple(names) or ("other",),
        urgency,
        evidence=evidence,
        review=doubt,
        confidence=_confidence(urgency, doubt=doubt, certain=certain),
        language=tongue,
        score=score,
        when=asked,
        choice=heard.choice,
        said=more,
    )


def _doubt(
    names: list[str], signs: Sequence[safety.Sign], *, score: int | None, body: str, context: str | None
) -> bool:
    if not set(names) - _WHO or any(s.doubtful for s in signs) or any(pair <= set(names) for pair in _CONFLICTS):
        return True
    return context == "survey_0_10" and score is None and survey.unclear(body)


def _asked(
    body: str,
    found: Sequence[Found],
    signs: Sequence[safety.Sign],
    *,
    ref: datetime,
    context: str | None,
    spanish: bool,
) -> When | None:
    """The time that is asked for, where the question or the words make it likely that one is."""
    names = {f.label for f in found}
    aside = [f for f in found if f.label in _CUT] if context == "appointment_confirm" else []
    if "reschedule" not in names:
        names -= {f.label for f in aside}
        if "contact_pref" in names and not names & {"human", "ready"} and context != "outreach_schedule":
            return None
        firm = _FIRM if context != "outreach_schedule" else _FIRM - _BESIDE_A_TIME
        if _PROPOSES.search(body):
            firm = firm - {"confirm", "running_late", "cancel"}
        if names & firm - {_soft_no(body)}:
            return None
        if context not in (*_SCHEDULING, None) and not (context == "next_step_check" and "not_done" in names):
            return None
        if context is None and signs and _VISIT.search(body) is None:
            return None
        if " still " in f" {body} " and ("question" in names or "?" in body):
            return None
    text = _apart_from([*signs, *aside], body) if signs or aside else body
    alone = context is None and not names & {"reschedule", "ready", "human"} and _VISIT.search(body) is None
    wanted = when.window(text, ref, spanish=spanish, alone=alone, invited=context in _SCHEDULING)
    if (
        wanted is not None
        and wanted.ambiguous
        and any(f.label == "contact_pref" for f in found)
        and not names & {"human", "ready", "reschedule"}
    ):
        return None  # "call after 6": how to reach them, of no day
    if context == "next_step_check" and wanted is not None and wanted.start <= ref:
        return None  # "not yet, better today"
    return wanted


def _soft_no(body: str) -> str:
    """ "cant make thursday. monday?" is no cancellation: the word itself is not there."""
    return "" if "cancel" in body else "cancel"


def _apart_from(others: list[safety.Sign | Found], body: str) -> str:
    """The clauses that hold none of the others: in "tomorrow at 3. it hurts since monday" the first."""
    clauses, start = [], 0
    for stop in [*(m.start() for m in _CLAUSE_END.finditer(body)), len(body)]:
        if not any(other.start < stop and start < other.end for other in others):
            clauses.append(body[start:stop])
        start = stop
    return "".join(clauses).strip()


def _names(
    found: Sequence[Found],
    signs: Sequence[safety.Sign],
    *,
    well: bool,
    context: str | None,
    score: int | None,
    asked: When | None,
    body: str,
) -> list[str]:
    names = [f.label for f in sorted(found, key=lambda f: f.start)] + safety.labels(signs)
    if score is not None:
        names.append("score")
    later = "defer" in names and context == "outreach_schedule"
    if asked is not None and (not later or asked.grain in ("minute", "part")):
        names.insert(0, "time_given")  # the most precise of what a program can act on
        if context == "appointment_confirm" or context is None:
            names.append("reschedule")
    if well and not signs and context in ("symptom_checkin", None):
        names.append("doing_well")
    drop = set()
    if asked is not None and asked.grain in ("minute", "part"):
        drop.add("defer")  # "thursday after 3" names an hour, not a later
    if signs:
        drop |= {"doing_well", "praise", "ack"}
    if not signs and all(f.rule == "intent.proxy_beside_a_sign" for f in found if f.label == "proxy"):
        drop.add("proxy")
    if signs and "medication" not in names and not any(f.rule == "intent.question" for f in found):
        drop.add("question")  # asked about the body: the sign says it
    if any(s.tier is Urgency.EMERGENCY for s in signs):
        drop.add("complaint")  # words such as "bad" and "nobody helps" tell of the danger
    if "abuse" in names:
        drop.add("proxy")
    if "reschedule" in names:
        drop |= {"confirm", _soft_no(body)} if asked else {"confirm"}
    return sorted(set(names) - drop, key=names.index)


def _urgency(names: list[str], found: Sequence[Found], signs: Sequence[safety.Sign], score: int | None) -> Urgency:
    tiers = [s.tier for s in signs] + [f.tier for f in found if f.label in names]
    if not names or "time_given" in names or (score is not None and score <= 6):
        tiers.append(Urgency.ADMIN)
    return max(tiers, key=lambda tier: tier.weight, default=Urgency.NONE)


def _confidence(urgency: Urgency, *, doubt: bool, certain: bool) -> float:
    if not certain:
        return 0.2
    if doubt:
        return 0.5
    return 0.95 if urgency is Urgency.EMERGENCY else 0.85


def _evidence(normal: Text, rule: str, start: int, end: int, *, offset: int) -> Evidence:
    first, last = normal.span(start, end)
    return Evidence(rule, first + offset, last + offset, normal.original[first:last])


def _reading(
    names: tuple[str, ...],
    urgency: Urgency,
    *,
    evidence: tuple[Evidence, ...],
    review: bool = False,
    confidence: float = 0.9,
    language: str | None = None,
    score: int | None = None,
    when: When | None = None,
    choice: int | None = None,
    said: conversation.Said | None = None,
) -> Reading:
    said = said or conversation.said((), names)
    return Reading(
        intents=names,
        urgency=urgency,
        confidence=confidence,
        review=review,
        opt_out="opt_out" in names,
        score=score,
        when=when,
        language=language,
        choice=choice,
        objection=said.objection,
        next_step=said.next_step,
        promise=said.promise,
        evidence=evidence,
        version=VERSION,
    )
