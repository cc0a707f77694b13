import re
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from workflows.understanding import intents, language, lexicon, numbers, opt_out, safety, second_opinion, survey
from workflows.understanding.context import Standing
from workflows.understanding.intents import Found
from workflows.understanding.lexicon import Lexicon
from workflows.understanding.normalise import Text, normal_form
from workflows.understanding.readings import Urgency

_OFTEN = 160  # characters of a text that another patient may send just so
_KEPT = 500  # of such texts
ANALYSED = 2_000  # characters read for intents and times; safety words and opt-outs are looked for in all of the text
_LEFT_OUT = re.compile(
    r"(?:^|[.,] |ok |so |yes |and |y |got it )(?:no|stop|stopping|skip|hold|without|nada de|sin|ni|dejar|"
    r"suspend(?:er|o|emos)|dejo|(?:no |ni )?(?:tomo|tomar))"
    r"(?: (?:the|my|more|taking|tomar|la|el|los|mi)){0,3} ?$"
)
_WILL_CALL = re.compile(
    r"(?<!\w)(?:will|ill|and|then|to|know to) (?:call|go to the er|come in|phone|text)(?: \w+){0,3} if(?: |$)"
)
_TAKEN = re.compile(r"(?<!\w)(?:took|taken|take it|already|forgot|tome|tomado|ya la|se me olvido|but|pero)(?!\w)")
_WRONG = re.compile(r"(?<!\w)(?:wrong|number|phone|equivocad\w|equivoc\w{1,4}|numero|telefono)(?!\w)")
_CONTENT = 7  # a score from which an illness that is only named is what the visit was for
_AILS = re.compile(
    r"(?<!\w)(?:but|still|now|since|worse|again|acting|flar\w{2,4}|out of control|cant|not|never|havent|hasnt|is|are|have|has|having|tengo|"
    r"tiene|pero|todavia|sigo|sigue|ahora)(?!\w)|[?]"
)
_GRATEFUL = frozenset(("praise", "thanks"))  # what is remembered so is over
_MOVED_ON = frozenset(("decline_outreach", "cancel"))  # what was had once is the reason, not the matter
_ABOUT_A_VISIT = frozenset(
    ("confirm", "decline_outreach", "running_late")
)  # beside these an illness or a test is what the visit is for
_NAMED = ("clinical.illness", "clinical.result")
_NEWS = re.compile(  # "the cancer came back": what a visit is for, and news all the same
    r"(?<!\w)(?:back|came|come|returned|found(?! nothing| no | none)|diagnos\w{1,12}|new|spread\w{0,3}|got|positive|told|says?|"
    r"said|bad|regreso|volvio|"
    r"encontraron|detectaron|descubrieron|nuev[oa]|positiv[oa]|dijeron|dicen|salio(?! (?:bien|limpi[oa]|negativ[oa])))(?!\w)"
)
_IN_PASSING = (
    *_NAMED,
    "clinical.drug",
    "clinical.medication",
)  # what somebody who is well says that they take, and for what
_TURNS = re.compile(  # what takes "doing well" back, or asks for something
    r"[?]|(?<!\w)(?:but|except|though|tho|although|however|still|yet|only|worse|again|need\w{0,2}|more|out|ran|run|running|low|refill\w{0,2}|stop\w{0,4}|"
    r"quit|skip\w{0,4}|miss\w{0,3}|forgot\w{0,3}|lost|double\w?|twice|extra|wrong|instead|without|cant|cannot|wont|not|dont|didnt|havent|never|since|"
    r"makes?|making|gives?|giving|gave|pero|aunque|solo|nomas|todavia|sigo|sigue|necesit\w{1,3}|ocupo|falta\w?|acab\w{1,3}|termino|dej\w{1,3}|"
    r"no|ni|olvid\w{1,3}|doble|mas|peor|otra vez|desde|me da|me dan|me cae|me caen|can i|should|could|puedo|debo|when|how|"
    r"\d+|two|three|four|five|half|both|together|beers?|wine|drink\w*|alcohol|weed|mix\w*|crush\w*|borrow\w*|friends?|expired|leftover|"
    r"dos|tres|cuatro|media|juntas|cerveza\w?|tomada|trago\w?)(?!\w)"
)
_GRAVE = re.compile(
    r"(?<!\w)(?:911|er|chest|breath\w{0,3}|seizure|passing out|pecho|aire|convulsion\w{0,2}|desmay\w{1,3}|urgencias|emergencias)(?!\w)"
)
_CASE = re.compile(
    r"(?<!\w)(?:what if|what (?:do|should|would) (?:i|we)|should (?:i|we)|que (?:hago|pasa)|y si|debo)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the words of a text say under a question, whatever day it is."""

    normal: Text
    keyword: opt_out.Keyword | None = None
    hits: tuple[lexicon.Hit, ...] = ()
    signs: tuple[safety.Sign, ...] = ()
    found: tuple[Found, ...] = ()
    well: bool = False
    choice: int | None = None
    score: int | None = None
    language: str | None = None
    grave: bool = False  # our own words about an emergency seem to be read back: for a person to see that it is no more


# Of each lexicon in use; one that is let go takes its own along.
_memory: WeakKeyDictionary[Lexicon, dict[tuple[str, str | None], Heard]] = WeakKeyDictionary()


def heard(text: str, words: Lexicon, context: str | None) -> Heard:
    """Look a text up. What short texts say is remembered: most replies of a day are the same few words."""
    if len(text) > _OFTEN:
        return _heard(text, words, context)
    known = _memory.setdefault(words, {})
    said = known.get((text, context))
    if said is None:
        said = _heard(text, words, context)
        if len(known) >= _KEPT:
            known.clear()
        known[text, context] = said
    return said


def forget() -> None:
    """Let go of what was remembered: for who changes a part of the reading in a running process."""
    _memory.clear()


def _heard(text: str, words: Lexicon, context: str | None) -> Heard:
    normal = normal_form(text)
    if word := opt_out.keyword(normal):
        return Heard(normal, keyword=word)
    hits = words.hits(normal.normal, context)
    if len(normal.normal) > ANALYSED:
        hits = [hit for hit in hits if _looked_at(hit)]
    signs, well = safety.signs(hits, normal.normal, context)
    well = well or any(hit.concept.kind == "figures" and hit.concept.label == lexicon.WELL for hit in hits)
    back = [(hit.start, hit.end) for hit in hits if hit.concept.name == "read_back"]
    signs = [s for s in signs if not (s.rule.startswith("vital.") and any(a < s.end and s.start < b for a, b in back))]
    grave = any(_GRAVE.search(normal.normal, *span) for span in back)
    body = normal.normal[:ANALYSED]
    found = intents.phrases(hits)
    signs = _own(signs, {f.label for f in found}, body, context)
    choice, score = numbers.choice(body), survey.score(body) if context == "survey_0_10" else None
    if score is not None and score >= _CONTENT and not _AILS.search(body):
        signs = [
            s for s in signs if s.rule != "clinical.illness"
        ]  # "9 he explained my diabetes" names what they came for
    if choice is not None and context != "survey_0_10" and (answer := intents.menu(choice, context)):
        found.append(answer)
    if context == "survey_0_10":
        found = intents.commented(found, body, score=score, clinical=bool(signs))
    if (
        context == "symptom_checkin"
        and not (signs or found or well or choice)
        and (where := second_opinion.hears_a_symptom(body))
    ):
        signs = [safety.Sign("symptom", "opinion.symptom", Urgency.CLINICAL, *where, doubtful=True)]
    tongue = language.guess(body.split())
    return Heard(normal, None, tuple(hits), tuple(signs), tuple(found), well, choice, score, tongue, grave)


def _own(signs: list[safety.Sign], names: set[str], body: str, context: str | None) -> list[safety.Sign]:
    """The signs without those of somebody else, and without what only says our instructions back to us.

    What somebody died of is nobody's symptom; a stranger who got our text repeats what it says; nothing urgent is left out.
    """
    if names & _MOVED_ON:
        signs = [s for s in signs if not s.is_(Standing.HISTORICAL) or s.doubtful]
    if context == "survey_0_10" and names & _GRATEFUL and "complaint" not in names:
        signs = [s for s in signs if not s.is_(Standing.HISTORICAL)]
    if "deceased" in names:
        signs = [s for s in signs if not s.is_(Standing.HISTORICAL) and s.rule != "clinical.illness"]
    if names & _ABOUT_A_VISIT and not (_AILS.search(body) or _NEWS.search(body)):
        signs = [s for s in signs if s.rule not in _NAMED]
    if context == "symptom_checkin" and "doing_well" in names and not (_TURNS.search(body) or _NEWS.search(body)):
        signs = [s for s in signs if s.rule not in _IN_PASSING]
    if "wrong_number" in names and _WRONG.search(body):
        signs = [s for s in signs if s.tier is not Urgency.CLINICAL]
    if context == "instruction_check" and "understood" in names and "?" not in body and not _CASE.search(body):
        signs = [s for s in signs if not _said_back(s, body)]
    return signs


def _said_back(sign: safety.Sign, body: str) -> bool:
    """A case that may come, or a medicine behind "no": "watch for redness", "so no heparin that morning"; an emergency only
    behind the promise to call: "will call if short of breath"."""
    if sign.is_(Standing.HYPOTHETICAL):
        return not sign.doubtful or _WILL_CALL.search(body[: sign.start]) is not None
    before = body[max(0, sign.start - 40) : sign.start]
    return sign.label == "medication" and _LEFT_OUT.search(before) is not None and not _TAKEN.search(body)


def _looked_at(hit: lexicon.Hit) -> bool:
    return hit.end <= ANALYSED or hit.concept.kind == "clinical" or hit.concept.label == "opt_out"
