import re
from enum import StrEnum

from workflows.understanding import data_files

_REACH = 90  # characters looked at on each side: keeps the work per hit constant
_MOST = 16  # words that may stand between "no" and what it denies


# What stands right behind, or in Spanish before, an ailment or a drug that a thing is named after. The first list also behind an
# emergency: nobody in one writes these words there.
_NAMED = (
    r"appointments?|class|classes|paperwork|forms?|bills?|invoice|brochures?|flyers?|pamphlets?|questionnaires?|training|seminars?|lectures?|"
    r"webinars?|awareness|prevention|fundraisers?|foundation|research|study|screenings?|coupons?|collar|bracelet|buddy|fest|documentary|"
    r"commercials?|specialist|coverage|copays?"
)
_NAMED_TOO = (
    rf"{_NAMED}|samples?|party|walk|5k|handouts?|month|fund|society|trial|ads?|jokes?|memes?|songs?|books?|guy|rep|reps|company|aisle|section|"
    r"department|dept|centers?|centre|clinics?|institute|building|floor|parking|address|newsletter|reminders?|labels?|cards?|discount|prices?|"
    r"deductible|insurance|claims?|referral|visits?|consults?|checkups?|programs?|workshops?|camp|nurse line|educators?|"
    r"disorders? clinics?|(?:checks?|rechecks?|follow ?ups?)(?= (?:on|at|with|today|tomorrow|next|needs to (?:move|be)|"
    r"has to|moved|was|got|[.,?])|$)|"
    r"(?:foot|feet|eye|retina) (?:exam|exams|check|clinic)|lady|ladys|folks|desk|talks?|records(?= (?:to|from|sent|please|over|[.,?])|$)"
)
_THING = {True: re.compile(rf"^ (?:{_NAMED})(?!\w)"), False: re.compile(rf"^ (?:{_NAMED_TOO})(?!\w)")}
_DE = r" (?:de|del|para|sobre|contra) (?:la |el |los |las |mi |su )?$"
_COSA = (
    r"clases?|citas?|papeles|formularios?|folletos?|grupo|platicas?|taller|cursos?|cupon|cupones|facturas?|campana|caminata|carrera|"
    r"cuestionario"
)
_COSA_TOO = rf"{_COSA}|centros?|banco|oficina|direccion|piso|edificio|departamento|recordatorios?|tarjetas?|precios?|seguro|examen|programa"
_DE_THING = {True: re.compile(rf"(?<!\w)(?:{_COSA}){_DE}"), False: re.compile(rf"(?<!\w)(?:{_COSA_TOO}){_DE}")}


class Standing(StrEnum):
    """Whether a symptom that stands in the text is there now."""

    PRESENT = "present"
    NEGATED = "negated"
    RESOLVED = "resolved"
    HYPOTHETICAL = "hypothetical"
    HISTORICAL = "historical"


def _words(name: str) -> frozenset[str]:
    return frozenset(data_files.read(data_files.FOLDER / "context.yaml")[name].split())


_LIGHT = _words("light")
_BETWEEN = _LIGHT | _words("listed")
_STATEMENT, _PSEUDO, _BAD = _words("statement"), _words("pseudo"), _words("bad")
_COMMAS, _OR = frozenset((",", "and", "y")), frozenset(("or", "nor", "ni", "o", "any"))

# Without one of these words, or a year, nothing is said of an earlier time: _THEN below needs one.
_OF_THEN = _words("then") | frozenset(str(year) for year in range(1900, 2100))

# Without one of these words near it no symptom is denied, gone or feared: every pattern of these kinds below needs one.
_TELLING = _words("telling")

_BREAK = re.compile(
    r"(?:^| )(?:[.?]|but|however|though|tho|although|except|yet|pero|aunque|sino|excepto|salvo|also|btw|tambien|just|only|nomas|"
    r"solo|solamente)(?= |$)"
)
_CUE = re.compile(
    r"(?<!\w)(?:no longer|ya no|no one|nobody|nadie|no|not|dont|do not|doesnt|didnt|did not|havent|have not|hasnt|hadnt|isnt|arent|aint|"
    r"wasnt|werent|without|never|zero|none of the|none|neither|nor|denies|deny|denied|denying|negative for|free of|absence of|"
    r"hardly any|barely any|almost no|very little|little to no|next to no|"
    r"sin|ningun|ninguna|ni|tampoco|nada de|nunca|jamas|niega|cero|libre de|casi nada de|negativ[oa])(?!\w)"
)
_INSIDE = re.compile(
    r" (?:doesnt|dont|didnt|isnt|arent|wasnt|werent|hasnt|not|no|never|no longer|ya no|nunca|tampoco|ni) (?!only|solo)"
)
_AFTER = re.compile(r"^ (?:[?,-] )?(?:no|none|nope|zero|0|negative|nada|ninguno|ninguna)(?= [.,]|$)")
_COMPOUND = re.compile(
    r"^ (?:relief|control|med|meds|medicine|medication|pill|pills|killer|killers|improvement|is better|gone|went away)(?!\w)"
)
_MORE = re.compile(r"^(?: , (?:\w+ ){0,3}\w+){0,4}(?: ,)? (?:or|nor|ni|o)(?= |$)")
_LAST = re.compile(
    r"^ ?(?:$|[,.?]|and |or |nor |ni |y |o |either|tampoco|at all|whatsoever|today|now|gracias|thanks|thank)"
)
# "Gone grey" and "gone quiet" tell of a change for the worse.
_GONE_TO = (
    r"(?! (?:all |really |so |very |a bit |completely |right )?(?:clammy|gr[ea]y|white|pale|blue|purple|cold|quiet|limp|floppy|numb|"
    r"stiff|hard|black|red|hot|weird|funny|silent|still|sweaty|rigid|blind|dark|dead|worse|into|up|through))"
)
_GONE = re.compile(
    rf"(?:^| )(?:all gone|gone{_GONE_TO}|goes away|went away|gone away|broke|stopped|cleared|cleared up|clearing up|resolved|subsided|"
    r"disappeared|vanished|went down|let up|eased|eased up|eased off|settled|settled down|calmed down|dried up|healed|healed up|cured|"
    r"over with|over now|is over|passed|under control|all better|better|improved|no more|is history|back to normal|is normal now|"
    r"nothing since|none since|not since|just once|just the once|only once|no longer|long gone|not any ?more|"
    r"ya no(?= [.,]|$)|ya fue|packed (?:its|his|her) bags|a thing of the past|ancient history|yesterdays news|"
    r"packed it in|packed in(?! (?:gauze|the|with|my|his|her|ice))|called it quits|left the building|nearly invisible|barely visible|"
    r"said goodbye|says goodbye|took a hike|cosa del pasado|dijo adios|pura historia|"
    r"wore off|worn off|way down|quit on (?:its|their) own|faded|"
    r"(?:came|come|coming) (?:way |all |right )?down|from (?:an? )?\w+ to (?:nothing|zero|none|0|nada|cero)|"
    r"se (?:me |le |nos )?(?:quito|quitaron|fue|fueron|paso|calmo|detuvo|bajo|acabo|acabaron|desinflamo)|(?<!(?<!se )me )paro|desaparecio|"
    r"desaparecieron|ya paso|cerro|sano|cedio|mejor|mejoro|controlado|controlada)(?= |$)"
)
_WEAK_GONE = re.compile(
    r"better|mejor|improved|under control|controlad|went down|passed|broke|eased|settled|just|only|goes away|clearing"
)
_NOT_GONE = re.compile(
    r"(?:^| )(?:no|not|isnt|hasnt|havent|wont|doesnt|didnt|never|dont|cant|until|if|almost|barely|nunca|came back|comes back|back again|"
    r"is back|returned|returns|again|still|worse|(?<!since )then|regreso|"
    r"volvio|vuelve|todavia|sigue|sigo|otra vez|de nuevo|hasta que|si|casi|"
    r"temporarily|ratito|rato)(?= |$)"
)
_CURED = re.compile(
    r"^ (?:meds|medicine|pills|cream|drops|shot|patch) (?:\w+ )?(?:worked|did the (?:trick|job)|helped a lot|took care of it)(?= |$)"
)
_AS_EVER = re.compile(  # what may be done, or is, again as it was
    r"(?<!\w)(?:like|can|able to|normal|eat|eating|walk|walking|sleep|sleeping|work|working|chew|drive|run|running|play|playing|back)"
    r"(?: \w+){0,2} again(?= |$)"
)
_NEXT_DENIED = re.compile(
    r" [,y] (?:no|not|ni|sin|nada de|and no|y no) (?:more )?(\w+)"
)  # "the cough is gone, no fever"
_NEARLY = re.compile(
    r" (?:almost|nearly|practically|basically|casi) (?:all |completely |totally |entirely )?gone(?= |$)"
)
_TOO = re.compile(r"^ (?:tambien|too|also|as well|igual)(?= [.,]|$)")
_HELD = frozenset(
    ("has", "have", "having", "got", "i", "im", "now", "tiene", "tengo", "hay", "traigo", "trae", "ahora")
)
_HISTORY = re.compile(r"^ (?:is |are |es |son )?(?:history|historia)(?= [.,]|$)")
_WHAT = re.compile(r"^ \? (?:what|cual|que) (\w+)(?= [.,?]|$)")  # "pain? what pain"
_MOCKED = (
    re.compile(r"(?:^| )(?:cual|cuales|que) $"),
    re.compile(r"^ ni (?:que|ocho|nada)(?= |$)"),
)  # "cual dolor ni que nada"
_SINCE = re.compile(r"(?:nothing|none|not) since|not any ?more|no (?:more|longer)")
_ONCE = re.compile(r"(?<!\w)(?:nothing|none|not again|not once|no more|ya no|(?<!, )nada) (?:since|desde|mas)(?!\w)")
_HAD = re.compile(
    r"(?:^| )(?:was|had|were|felt|got|primeros dias|primer dia|primera noche|al principio|fueron|tuve|tuvo|me dio|le dio)(?: \w+){0,4} ?$"
)
_DID = re.compile(r"(?:threw|vomited|felt|was|had|(?:me |le )?(?:dolio|vomite|vomito|sangro|molesto))(?= |$)")
_WELL_BY_NOW = re.compile(
    r"(?: \w+){0,8} (?:but|and|,|[.])"
    r"(?: (?:but|and|its|it|theyre|they|thats|that|all|ive|im|i|have|has|been|am|is|totally|pero|y|ya|ahora|hoy|ever|her|his|my|old|todo))*"
    r" (?:smooth sailing|(?:happy|normal|old|usual) self|faded|nada|normal|se me quito|estoy bien|"
    r"(?:fine|ok|okay|good|great) (?:since|now|after|again)|(?:gone|better) now|resolved|went away|stopped|nothing since|"
    r"none since)(?= |$)"
)
_HAD_LATELY = re.compile(
    r"(?: today| now| this morning| right now)?(?: ,| but| [.])? (?:i )?(?:but )?(?:had|felt|got|did have|there was)"
    r" (?:some|it|one|a little|a bit|plenty|a few|lots)"
    r" (?:last night|yesterday|earlier|this morning|overnight|the other day|over the weekend|a (?:few|couple) (?:hours|days) ago)(?= |$)"
)
_WELL_SINCE = re.compile(
    r"(?: \w+){0,5} (?:but|and|,)(?: \w+){0,3} (?:all better|all gone|fine now|gone now|better now|none since|nothing since|"
    r"ok now|okay now|back to normal|went away|gone away|completely gone|fine today|gone today)(?= [.,]|$| now| today| thanks)"
)
_OVER = re.compile(
    r"(?:^| )(?:(?:no more|got rid of|over my|over the|got over|recovered from|recovering from|stopped having|done with|past the|"
    r"passed the|forgot i had|good riddance to|ni me acuerdo (?:del|de la|de los|que tenia)|"
    r"ya no (?:tengo|tiene|hay|me|le|he tenido|siento)|no longer (?:have|has|having|feel|get)|"
    r"se (?:me |le )?(?:quito|fue|paso|quitaron|acabo|bajo) (?:el|la|los|las)|desaparecio (?:el|la))(?: \w+){0,2}|"
    r"stopped|quit|ceased|dejo de|deje de|dejado de|paro de) ?$"
)
_IF = re.compile(
    r"(?:^| )(?:what if|if|in case|incase|should (?:i|he|she|we) (?:get|have|develop|start|feel|notice)|when should|whenever|"
    r"unless|suppose|que hago si|que pasa si|y si|por si|en caso de|si me da|si me llega a dar|si llego a|si llega a|si me|si le|"
    r"si tengo|si siento|worried about getting|afraid of getting|scared of getting|signs of|"
    r"could (?:it|this) (?:cause|lead to|give me)|risk of|chance of|chances of|prevent|avoid)(?: \w+){0,5} ?$|"
    r"(?:^| )(?:watch for|watch out for|look for|looking for|look out for|watching for|fijarme si hay|estar pendiente de)"
    r"(?: [\w,]+){0,9} ?$"
)
_NOT_IF = re.compile(
    r"if (?:you|yall|someone|somebody|anyone) (?:can|could|would|will)(?: |$)|if possible|"
    r"(?:know|sure|wonder|wondering|see|unsure|tell|as|even|ask|asking) if(?: |$)|if (?:this|my|the|these|its|it is|hes|shes) |"
    r"if (?:i|he|she) (?:walk|climb|move|lie|lay|breathe|cough|bend|stand|sit|eat|exercise|run|lift|push|touch|swallow|take|go up) |"
    r"si (?:me )?(?:esta|estoy|sigue|es|camino|respiro|subo|me muevo)(?: |$)"
)
_THEN = re.compile(
    r"(?:(?<!\w)(?:years?|yrs?|months?|decades?) ago|last (?:year|month|summer|winter|spring|fall)|(?:in|back in|en|en el) (?:19|20)\d\d|"
    r"(?:in|back in) (?:jan|january|feb|february|march|april|may|june|july|august|september|october|november|december|dec|nov|oct|"
    r"aug|septiembre)(?: |$)|history of|hx of|when i was|as a kid|as a child|(?<!me )(?<!you )(?<!us )back when|used to|previously|"
    r"back in (?:the|my day|high school|college|school)|"
    r"hace (?:\w+ )?(?:anos|meses)|(?:el )?(?:ano|mes) pasado|cuando era|cuando estaba|antecedentes|de nino|de nina)"
)
_SOMEBODY_DIED = re.compile(  # "her brother who died in 1998": the year is his
    r"(?:died|dead|passed(?: away)?|gone|buried|murio|fallecio)(?: \w+){0,2} ?$"
)
_NOW = re.compile(
    r"(?:^| )(?:still(?! (?:need|have to|take|taking|supposed|allowed|required)(?= |$))|now|again|today|"
    r"tonight|keeps|ongoing|this morning|(?<!ever )since|started|sigo|sigue|todavia|"
    r"ahora|hoy|desde|aun|otra vez|having (?:one|it|another)|its back|is back)(?= |$)"
)
# What makes a denied, past or feared danger a present one: it is like an earlier one, worse than ever, there once more.
_LIKE = re.compile(r"(?:^| )(?:same|like|as|igual|como|mism[oa])(?= |$)")
_UNLIKE = re.compile(
    r"^ ?(?:\w+ ){0,3}(?:like this|like that one|this (?:bad|strong|much|intense|sharp|hard)|(?:so|that|as) (?:bad|strong|intense)|"
    r"asi|tan (?:fuerte|feo|intenso|duro)|como (?:este|esta|ahora|hoy))(?= |$)"
)
_ONE_NOW = re.compile(
    r"(?:^| )(?:and|but|y|pero)(?: now| hoy| ahora)? (?:just had|just did|had one|is having|acaba de|le dio)(?= |$)"
)
_BACK = re.compile(
    r"(?:^| )(?:came back|comes back|is back|its back|back again|volvio|vuelve|regreso|otra vez|de nuevo)(?= |$)"
)
_RIGHT_NOW = re.compile(
    r"(?:^| )(?:right now|rn|ahorita|ahora mismo|en este momento)(?= |$)(?! (?:no|ni|not|nothing|none|nada)(?!\w))"
)
_NEW_CLAUSE = re.compile(
    r" (?:and|y|,) (?:(?:now|hoy|ahora) )?(?:\w+ )?(?:\w+ )?"
    r"(?:is|are|its|hes|shes|im|am|having|hurts|tiene|tengo|esta|estoy|siento|duele)(?= |$)"
)


def names_a_thing(text: str, start: int, end: int, *, strict: bool) -> bool:
    """Whether text[start:end] only says what a form, a class or a clinic is for: "inhaler paperwork", "cita de migraña"."""
    if _THING[strict].match(text[end : end + _REACH]):
        return True
    return _DE_THING[strict].search(text[max(0, start - _REACH) : start]) is not None


def standing(text: str, start: int, end: int, *, strict: bool = False) -> Standing:
    """Whether the symptom at text[start:end] is present, judged by the words of its own clause.

    `strict` (emergencies): a comma or "and" ends what "no" denies, and "better" does not mean gone; doubt is presence.
    """
    left, right = _clause(text, start, end)
    if not _TELLING.isdisjoint(text[max(0, start - _REACH) : end + _REACH].split()):
        stands = _judged(left, text[start:end], right, text[end : end + _REACH], strict=strict)
        if stands is not Standing.PRESENT:
            return stands
    clause = left + text[start:end] + right
    if (
        not _OF_THEN.isdisjoint(clause.split())
        and (then := _told_of_then(clause))
        and not _NOW.search(clause)
        and not (strict and _compared(clause, then, len(left)))
    ):
        return Standing.HISTORICAL
    return Standing.PRESENT


def _told_of_then(clause: str) -> re.Match[str] | None:
    """The words that place a clause in the past, other than those that say when somebody died."""
    for then in _THEN.finditer(clause):
        if not _SOMEBODY_DIED.search(clause[: then.start()]):
            return then
    return None


def _judged(left: str, symptom: str, right: str, after: str, *, strict: bool) -> Standing:
    """Whether the symptom is denied, gone or feared; a text without one of the telling words says none of that."""
    if not strict and _laughed_off(left, symptom, right, after):
        return Standing.NEGATED
    if _is_negated(left, symptom, right, after, strict=strict):
        return Standing.HISTORICAL if _HAD_LATELY.match(after) else Standing.NEGATED
    if _is_gone(left, symptom, right, after, strict=strict):
        return Standing.RESOLVED
    if _IF.search(left) and not _NOT_IF.search(left + " ") and not (strict and _RIGHT_NOW.search(after)):
        return Standing.HYPOTHETICAL
    return Standing.PRESENT


def _compared(clause: str, then: re.Match[str], symptom: int) -> bool:
    """Whether the past is only what a present danger is like ("as in march"), or ends before it ("a stroke in 2019 and his face is")."""
    if _LIKE.search(clause[: then.start()]):
        return True
    return then.end() <= symptom and _NEW_CLAUSE.search(clause[then.start() : symptom] + "is ") is not None


def _laughed_off(left: str, symptom: str, right: str, after: str) -> bool:
    """ "Pain? What pain": asked for what is not there, first or second time."""
    again = _WHAT.match(after)
    if again is not None and left.strip() in ("", "my", "the", "mi", "el", "la"):
        return again.group(1) == symptom.split()[-1]
    return left.strip() in ("what", "cual") and not right.strip()


def _clause(text: str, start: int, end: int) -> tuple[str, str]:
    left = text[max(0, start - _REACH) : start]
    cut = max((match.end() for match in _BREAK.finditer(left)), default=0)
    right = text[end : end + _REACH]
    stop = _BREAK.search(right)
    return left[cut:], right[: stop.start()] if stop else right


def _is_negated(left: str, symptom: str, right: str, after: str, *, strict: bool) -> bool:
    if _COMPOUND.match(right):
        return False  # "no pain relief" is pain
    if _AFTER.match(after) or _denied_inside(symptom) or (_MOCKED[0].search(left) and _MOCKED[1].match(right)):
        return True
    cues = list(_CUE.finditer(left))
    if not cues or _UNLIKE.match(right) or (strict and _ONE_NOW.search(right)):
        return False  # "never had chest pain like this" has it now
    cue, between = cues[-1].group(), left[cues[-1].end() :].split()
    if _PSEUDO & set(between) or len(between) > _MOST or not _BETWEEN.issuperset(between):
        return False
    if {"think", "believe"} & set(between) and _GONE.search(right):
        return False  # "dont think it is gone"
    if cue in ("no", "zero") and between and _own_statement(cue, between):
        return False
    return not (_COMMAS & set(between)) or _is_listed(between, right, strict=strict)


def _denied_inside(symptom: str) -> bool:
    """Whether the phrase itself holds its denial: "knee doesnt hurt"; not "hurts and wont stop", "not eating"."""
    denial = _INSIDE.search(symptom)
    for word in symptom[denial.end() :].split()[:4] if denial else ():
        if word in _BAD:
            return True
        if word not in _LIGHT:
            return False
    return False


def _own_statement(cue: str, between: list[str]) -> bool:
    """Whether a bare "no" was the answer and a statement follows: "no i have chest pain"; in Spanish "no tengo" denies."""
    if between[0] == ",":
        return True
    if between[0] not in _STATEMENT or between[:2] == ["tengo", "mas"]:
        return False
    spanish = (
        "tengo",
        "siento",
        "hay",
        "me",
        "tiene",
        "siente",
        "le",
        "he",
        "ha",
        "se",
        "estoy",
        "esta",
        "ando",
        "anda",
    )
    return not (cue == "no" and between[0] in spanish and "," not in between)


def _is_listed(between: list[str], right: str, *, strict: bool) -> bool:
    """Whether the symptom is one more item of what is denied, not the start of a statement after a comma or "and"."""
    last = max(at for at, word in enumerate(between) if word in _COMMAS)
    item = between[last + 1 :]
    if item and item[0] in _STATEMENT:
        return False
    if _OR & set(between) or _MORE.match(right):
        return True
    return not strict and _LAST.match(right) is not None


def _gone_before(left: str) -> bool:
    """ "The fever is gone and the cough too": the clause says it of another symptom, and nobody has one now."""
    gone = _GONE.search(left)
    return gone is not None and not _NOT_GONE.search(left) and not _HELD & set(left[gone.end() :].split())


def _left_out(denial: re.Match[str]) -> str:
    """Nothing in place of one more thing that is not there; the words as they were when something else is denied."""
    return "" if denial.group(1) in _BETWEEN else denial.group()


def _is_gone(left: str, symptom: str, right: str, after: str, *, strict: bool) -> bool:
    if _OVER.search(left):
        return not (strict and _BACK.search(right)) and not (
            left.endswith(("stopped ", "quit ")) and _NOT_GONE.search(left)
        )
    if not strict and _ONCE.search(after.partition(" . ")[0]):
        return True
    if strict and _HAD.search(left) and _WELL_SINCE.match(after) and not _NOT_GONE.search(after):
        return True
    if (
        not strict
        and (_HAD.search(left) or _DID.match(symptom))
        and _WELL_BY_NOW.match(after)
        and not _NOT_GONE.search(after)
    ):
        return True
    if not strict and (_CURED.match(right) or _HISTORY.match(right) or (_TOO.match(after) and _gone_before(left))):
        return True
    gone = _GONE.search(right)
    if gone is None:
        return False
    if not strict:
        right, after = (
            _NEARLY.sub(" gone", _AS_EVER.sub("", _NEXT_DENIED.sub(_left_out, part))) for part in (right, after)
        )
        left = left.rpartition(",")[2]
    if not _SINCE.search(gone.group()) and any(_NOT_GONE.search(part) for part in (right, after, left)):
        return False
    if "," in right[: gone.start()].split() and strict:
        return False
    return not (strict and _WEAK_GONE.search(gone.group()))
