"""Readings that people take at home: temperature, blood pressure, sugar, oxygen, pulse."""

import re
from collections.abc import Callable, Iterator

from workflows.understanding.readings import Urgency

Vital = tuple[str, Urgency, int, int]

_DIGIT = re.compile(r"\d")
_COUNTED = r"(?! ?(?:mg|mcg|ml|units?|unidades|am|pm|oclock|times|veces|years?|anos|days?|dias|weeks?|semanas|hours?|horas|minutes?|minutos|grams?|g|carbs|liters?|litros?|lb|lbs|pounds|libras|kg|kilos|dollars|dolares|pesos|bucks|miles|millas|steps|pasos|people|personas|pages|calories|points|texts|messages|shoes|fasting|en ayunas|main|street|st|avenue|ave|road|rd|blvd|lane|drive|calle|\w+ (?:street|st|avenue|ave|road|rd|blvd|lane))(?!\w))"  # noqa: E501  one pattern, read as one
_AGES = range(38, 44)
_TEMPERATURE = re.compile(
    rf"(?<![\d.:/$])(?<!\$ )(\d{{2,3}}(?:\.\d{{1,2}})?)(?![\d.])(?! ?(?:/|over|sobre) ?\d)"
    rf"(?= ?(?:f|c|degrees|grados|fever|temp|fiebre|de fiebre)?(?!\w)){_COUNTED}(?!-\d)"
)
_HEAT = re.compile(
    r"(?<!\w)(?:fever|temp|temps|temperature|fiebre|temperatura|degrees|grados|thermometer|termometro|celsius|fahrenheit)(?!\w)"
)
_BODY = re.compile(  # beside these a number with a decimal place is a temperature
    r"(?<!\w)(?:surger\w*|operat\w*|chemo|quimio\w*|biops\w*|repair\w*|replace\w*|incision|transplant\w*|operaron|operacion|cirugia|baby|son|daughter|"
    r"kid|toddler|babys|infant|bebe|nino|nina|hijo|hija|running|spiked|chattering|chills|sweats|tylenol|motrin|tempra|ibuprofen\w?|escalofrios|baja|subio)(?!\w)"
)
_RUNNING = re.compile(r"(?<!\w)(?:running|spiked|spiking|burning|trae|tiene)(?: \w+)? ?$")
_INFANT = re.compile(
    r"(?<!\w)(?:newborn|new born|recien nacid[oa]|preemie|"
    r"(?:\d|1[012]|one|two|three|four|five|six|seven|eight|nine|ten|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez) ?(?:weeks?|wks?|semanas?|semanitas?|days?|dias|w) ?(?:old|o|baby|bebe|bb|de nacid[oa]|nacid[oa]|de edad)|"  # noqa: E501  one pattern, read as one
    r"(?:1|2|one|two|un|dos) ?(?:months?|mo|mes|meses) (?:old|baby|bebe|bb|de nacid[oa]|de edad)|"
    r"(?:cumplio|tiene|con) (?:apenas |solo )?(?:\d|1[012]|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez) ?(?:semanas?|semanitas?|dias)|(?:baby|babys|bebe|bb|infant|son|daughter|nino|nina|nene|nena|hijo|hija|little one|grandson|granddaughter) (?:\w+ ){0,4}(?:(?:\d|1[012]|one|two|three|four|five|six|seven|eight|dos|tres|cuatro|cinco|seis|siete|ocho|una) ?(?:weeks?|wks?|semanas?|semanitas?|dias|days old)|(?:1|2|one|two|un|dos) ?(?:months?|mo|mes|meses)))(?!\w)"  # noqa: E501  one pattern, read as one
)
_WORD = (  # a word between a measure's name and its number; these make the number a place's, a price's or a time's
    r" (?!(?:suite|room|cent(?:er|re)|clinic|institute|doctors?|meds?|medicine|costs?|charged|company|delivery|delivered|appointment|"
    r"raised|walk|bill|building|ticket|maid|free|cookies|quiz|make|cita|clinica|doctora?|tanks?|class|lane|support|group|diet|daddy|rush)(?!\w))\w{1,15}"
)
_PRESSURE = re.compile(r"(?<![\d/])(\d{2,3}) ?(?:/|over|sobre|con|entre) ?(\d{2,3})(?![\d/])")
_LOW = re.compile(  # who reads a number below 90 so means the pressure; "80/20" alone is a plan, "70/30" an insulin
    r"(?<!\w)(?:bp|b p|blood pressure|pressures?|presion|systolic|top number|cuff|lightheaded|dizzy|mareada?|mareado|faint|lisinopril|"
    r"metoprolol|amlodipine|losartan)(?!\w)"
)
_PRESSURED = re.compile(r"(?<!\w)(?:bps?|b p|(?:blood )?pressures?|presion)(?!\w)")
_LOW_TOP = re.compile(
    r"(?<!\w)(?:top number|systolic|sistolica|(?:bp|blood pressure|presion)(?: \w+){0,3} "
    r"(?:dropped|fell|down|bajo|bajado|low|bottomed|only|just)(?: out)?(?: to| at| a| de)?)"
    rf"(?: (?:is|was|of|at|only|around|in the|like|es|esta|a)){{0,3}} ([5-8]\d)s?(?! ?(?:/|over|sobre|con))(?![\d./]){_COUNTED}"
)
_TOP = re.compile(
    rf"(?<!\w)(?:bp|blood pressure|presion|top number|systolic|sistolica)(?:{_WORD}){{0,4}}? (\d{{3}})(?! ?(?:/|over|sobre|con|entre))(?![\d./]){_COUNTED}"  # noqa: E501  one pattern, read as one
)
_SUGAR = re.compile(
    rf"(?<!\w)(?:sugars?|glucose|azucar|glucosa|bg|glucometer|(?<!parking )meter|glucometro|dexcom|accucheck)(?:(?:{_WORD}){{0,5}}?) (\d{{2,3}})(?![\d./]){_COUNTED}"  # noqa: E501  one pattern, read as one
)
_ON_METER = re.compile(
    r"(?<![\d./:$])(\d{2,3}) (?:on|by|per|says) (?:the |my |his |her )?(?:meter|glucometer|dexcom|libre|accucheck|sugar machine)(?!\w)"
)
_ON_WATCH = re.compile(r"(?<![\d./:$])(\d{2,3}) (?:on|by|per) (?:the |my |his |her )?(?:\w+ )?(?:watch|fitbit)(?!\w)")
_OF_SUGAR = re.compile(r"(?<![\d./:$])(\d{2,3})(?: \w{1,12}){0,1} (?:sugars?|glucose|azucar|glucosa)(?!\w)")
_OXYGEN = re.compile(
    rf"(?<!\w)(?:oxygen|o2|spo2|sp02|sats|sat (?:is|at|was|of|level|dropped|down)|sat(?= \d{{2}} (?:percent|on|room air))|satting|pulse ox|ox|oximeter|oximetro|oxigeno|oxigenacion|saturacion|saturando|saturation|satura)(?:(?:{_WORD}| ,){{0,5}}?) (\d{{2}})(?![\d./]){_COUNTED}"  # noqa: E501  one pattern, read as one
)
_PULSE = re.compile(
    rf"(?<!\w)(?:pulse|heart rate|heartrate|heart|heartbeat|bpm|pulso|latidos|palpit\w{{1,8}}|corazon|frecuencia cardiaca|beating|fluttering|racing)(?:(?:{_WORD}| ,){{0,7}}?) (\d{{2,3}})(?![\d./]){_COUNTED}"  # noqa: E501  one pattern, read as one
)
_BEATS = re.compile(r"(?<![\d./:$])(\d{2,3}) (?:bpm|beats|latidos|pulsaciones|palpitaciones)(?!\w)")
_ELSE = re.compile(  # what a number beside it is of, when that is no temperature; also the second and third of a row of numbers
    r"(?<!\w)(?:(?:sugars?|glucose|azucar|glucosa|bg|glucometer|fasting|ayunas|a1c|bp|pressure|presion|pulse|rate|bpm|pulso|oxygen|o2|spo2|sats?|"
    r"oxigeno|saturacion|weight|weigh|weighed|weighs|peso|pesa|ketones|ferritin|cholesterol|colesterol|triglycerides|trigliceridos|"
    r"psa|ldl|hdl|tsh|inr|platelets|plaquetas|creatinine|hemoglobin)"
    r"(?:(?! (?:fever|temps?|temperature|fiebre|temperatura|calentura) )(?: [a-z]+)){0,3}?|"
    r"(?:room|cuarto|apt|appointment|apartment|unit|suite|floor|building|bldg|gate|exit|bus|route|highway|size|talla|page|box|age|edad|turning|"
    r"channel|over|sobre|(?<!an )(?<!every )(?<!one )hour|copay|paid|pague|costs?|owe|/)(?: is| was| of| number)?)"
    r"(?:(?: ,| and| y| then| to| now)? \d{2,3}(?:\.\d)?){0,5}"
    r"(?: ,| and| y| then| to| now)? ?$"
)
_BEFORE = 60  # characters looked at before a number
_FEVER = re.compile(r" ?(?:f |degrees? )?(?:of |de )?(?:fever|fiebre|calentura)(?!\w)")
_AIR = re.compile(  # the weather's or a room's
    r"(?<!\w)(?:(?:outside|weather|forecast|oven|room|porch|pool|pitch|afuera|clima|heat index)"
    r"(?:(?! (?:fever|fiebre|calentura) )(?: [a-z]+)){0,3}|estamos a|hace) ?$"
)
_OUTDOORS = re.compile(
    r" ?(?:f|c|degrees|grados)?(?: f| c)? (?:out|outside|out here|outdoors|in here|in the (?:shade|sun|lobby)|afuera|a la sombra)(?!\w)"
)
_AGED = re.compile(r"(?<!\w)(?:im|i am|hes|shes|he is|she is) $")  # "im 39"; nobody says 102 so
_IF = re.compile(
    r"(?<!\w)(?:if|unless|until|should i worry about|si (?:me |le )?(?:sube|pasa|llega|da)|in case|under|below|less than|lower than|menos de|abajo de)(?: [\w,]+){0,6} ?$"  # noqa: E501  one pattern, read as one
)
_WAS = re.compile(r"(?<!\w)(?:was|were|had been|era|estaba)(?: \w+)? ?$")
_LATELY = re.compile(
    r"(?: f| c| degrees| grados)?(?: [.,])?(?: \w+){0,2}"
    r" (?:this (?:morning|am|afternoon|evening)|last night|tonight|today|overnight|an hour ago|\w+ (?:hours|minutes) ago|"
    r"at (?:(?:1[0-2]|[1-9]) ?(?:am|pm)?|noon|midnight|lunch|bedtime)|hoy|anoche|esta (?:manana|tarde|noche)|ahorita)(?!\w)"
)


def found(text: str, context: str | None) -> list[Vital]:
    """Readings that a nurse must see: (rule, tier, start, end). A bare "102" counts only after a symptom check.

    Limits, urgent (emergency): temperature 100.4 °F / 38 °C (under three months of age), pressure above 180/110 or below 90, glucose
    below 54 or above 400 mg/dl (below 40), oxygen below 93 % (below 90), pulse from 130 or up to 40 a minute.
    """
    if _DIGIT.search(text) is None:
        return []
    return [
        *_temperatures(text, context),
        *_pressures(text),
        *_read(text, (_SUGAR, _OF_SUGAR, _ON_METER), "vital.glucose", _of_sugar),
        *_read(text, (_OXYGEN,), "vital.oxygen", _of_oxygen),
        *_read(text, (_PULSE, _BEATS, _ON_WATCH), "vital.pulse", _of_pulse),
    ]


def _temperatures(text: str, context: str | None) -> Iterator[Vital]:
    asked = context == "symptom_checkin"
    said = _HEAT.search(text) is not None or (asked and len(text) < 30)
    tier = None
    for m in _TEMPERATURE.finditer(text):
        degrees = float(m.group(1))
        before = text[max(0, m.start() - 50) : m.start()]
        if not (100.4 <= degrees <= 109 or 38 <= degrees <= 43) or _IF.search(before):
            continue
        if _WAS.search(before) and not _LATELY.match(text, m.end()):
            continue  # "was 101 yesterday": what it is now is the matter
        if _is_of_something_else(text, m):
            continue
        if (
            said
            or (_RUNNING.search(text[max(0, m.start() - 20) : m.start()]) and _INFANT.search(text))
            or ("." in m.group(1) and (asked or _BODY.search(text)))
        ):
            tier = tier or (Urgency.EMERGENCY if _INFANT.search(text) else Urgency.URGENT)
            yield "vital.temperature", tier, *m.span()


def _is_of_something_else(text: str, number: re.Match[str]) -> bool:
    """Whether the words beside a number make it sugar, a room, an age, the weather: no temperature of a body."""
    if _FEVER.match(text, number.end()):
        return False
    before = text[max(0, number.start() - _BEFORE) : number.start()]
    if _ELSE.search(before) or _AIR.search(before) or _OUTDOORS.match(text, number.end()):
        return True
    return float(number.group(1)) in _AGES and _AGED.search(before) is not None


def _pressures(text: str) -> Iterator[Vital]:
    for m in _PRESSURE.finditer(text):
        high, low = int(m.group(1)), int(m.group(2))
        if high > low and 40 <= low <= 160 and (180 < high <= 300 or (high >= 120 and low > 110)):
            yield "vital.blood_pressure", Urgency.URGENT, *m.span()
        elif 50 <= high < 90 and 25 <= low < high and (high, low) != (70, 30) and _LOW.search(text):
            yield "vital.low_pressure", Urgency.URGENT, *m.span()
        elif (
            (140 <= high <= 180 or (high >= 120 and 90 <= low <= 110)) and 40 <= low < high and _PRESSURED.search(text)
        ):
            yield "vital.raised_pressure", Urgency.CLINICAL, *m.span()
    for m in _LOW_TOP.finditer(text):
        yield "vital.low_pressure", Urgency.URGENT, *m.span()
    for m in _TOP.finditer(text):
        if 180 < int(m.group(1)) <= 300:
            yield "vital.blood_pressure", Urgency.URGENT, *m.span()


def _read(
    text: str, lines: tuple[re.Pattern[str], ...], rule: str, weigh: Callable[[int], Urgency | None]
) -> Iterator[Vital]:
    for line in lines:
        for m in line.finditer(text):
            if tier := weigh(int(m.group(1))):
                yield rule, tier, *m.span()


def _of_sugar(value: int) -> Urgency | None:
    if 20 <= value < 54 or 400 < value < 999:
        return Urgency.EMERGENCY if value < 40 else Urgency.URGENT
    return None


def _of_oxygen(value: int) -> Urgency | None:
    if 40 <= value < 93:
        return Urgency.EMERGENCY if value < 90 else Urgency.URGENT
    return None


def _of_pulse(value: int) -> Urgency | None:
    return Urgency.URGENT if 130 <= value <= 250 or 25 <= value <= 40 else None
