"""What a symptom that stands in a text is worth: denied, gone, only feared, long past, or there."""

import json
import time

import pytest

from tests.databases import ROOT
from tests.unit.test_understanding_replies import says
from workflows.understanding import Urgency, context
from workflows.understanding.context import Standing, standing
from workflows.understanding.lexicon import everything
from workflows.understanding.normalise import normal_form

DEVELOPMENT = sorted((ROOT / "tests" / "data" / "replies").glob("dev_*.jsonl"))

CLINICAL = Urgency.CLINICAL.weight


def stands(text: str, symptom: str, *, strict: bool = False) -> Standing:
    start = text.index(symptom)
    return standing(text, start, start + len(symptom), strict=strict)


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("no fever , chills or nausea", "chills"),
        ("no fever , chills or nausea", "nausea"),
        ("denies fever , cough and chills", "cough"),
        ("i dont have any pain", "pain"),
        ("i dont think i have a fever", "fever"),
        ("without nausea", "nausea"),
        ("no swelling , no redness", "redness"),
        ("no fever or pain in my leg", "pain"),
        ("hardly any soreness left", "soreness"),
        ("nobody hurt", "hurt"),
        ("chills - no", "chills"),
        ("my knee doesnt hurt", "knee doesnt hurt"),
        ("the incision is not red", "incision is not red"),
        ("no tengo fiebre", "fiebre"),
        ("sin tos ni fiebre", "fiebre"),
        ("ni vomito ni mareo", "mareo"),
        ("no he tenido nauseas", "nauseas"),
        ("nunca tuve fiebre", "fiebre"),
        ("la herida no esta roja", "herida no esta roja"),
    ],
)
def test_what_is_denied_is_not_there(text: str, symptom: str) -> None:
    assert stands(text, symptom) is Standing.NEGATED


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("fever broke", "fever"),
        ("the rash went away", "rash"),
        ("cough cleared up after a week", "cough"),
        ("swellings all gone , swelling all gone", "swelling all"),
        ("threw up once the first day , nothing since", "threw up"),
        ("no more headaches", "headaches"),
        ("got over my cold", "cold"),
        ("stopped vomiting", "vomiting"),
        ("se me quito la calentura", "calentura"),
        ("la fiebre se le quito", "fiebre"),
        ("ya no tengo dolor", "dolor"),
        ("el pus se acabo", "pus"),
    ],
)
def test_what_is_over_is_not_there(text: str, symptom: str) -> None:
    assert stands(text, symptom) in (Standing.RESOLVED, Standing.NEGATED)


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("no change in my pain", "pain"),
        ("not only pain", "pain"),
        ("no relief from the pain", "pain"),
        ("no pain relief", "pain"),
        ("not sure if its a rash", "rash"),
        ("dont think the fever is gone", "fever"),
        ("no better , the pain is there", "pain"),
        ("no se me quita el dolor", "dolor"),
        ("no i have chest pain", "chest pain"),
        ("no fever , my stomach hurts", "stomach hurts"),
        ("no fever but bad cough", "cough"),
        ("no fever , bad headache", "headache"),
        ("no fever and my knee is swollen", "knee is swollen"),
        ("no tengo fiebre , tengo tos", "tos"),
        ("no fever , cough at night", "cough"),
        ("the pain went away then came back", "pain"),
        ("bleeding hasnt stopped", "bleeding"),
        ("no se si es fiebre", "fiebre"),
        ("let me know if the pain is normal", "pain"),
        ("rash since january", "rash"),
        ("i cant sleep because of the pain", "pain"),
        ("my wife has a fever", "fever"),
        ("mi mama tiene tos", "tos"),
    ],
)
def test_what_only_looks_denied_is_there(text: str, symptom: str) -> None:
    assert stands(text, symptom) is Standing.PRESENT


@pytest.mark.parametrize(
    ("text", "symptom", "kind"),
    [
        ("what if i get chest pain", "chest pain", Standing.HYPOTHETICAL),
        ("who do i call in case of bleeding", "bleeding", Standing.HYPOTHETICAL),
        ("que hago si me da fiebre", "fiebre", Standing.HYPOTHETICAL),
        ("had a seizure 10 years ago", "seizure", Standing.HISTORICAL),
        ("heart attack in 2012", "heart attack", Standing.HISTORICAL),
        ("el infarto me dio en 2012", "infarto", Standing.HISTORICAL),
        ("history of seizures", "seizures", Standing.HISTORICAL),
        ("stroke last year and now my face is numb", "stroke", Standing.PRESENT),
        ("if i climb stairs i get chest pain", "chest pain", Standing.PRESENT),
    ],
)
def test_feared_and_past_symptoms_are_told_from_present_ones(text: str, symptom: str, kind: Standing) -> None:
    assert stands(text, symptom, strict=True) is kind


@pytest.mark.parametrize(
    "text",
    [
        "cant breathe",
        "he wont wake up",
        "no puedo respirar",
        "I don't want to live",
        "it wont stop bleeding",
        "cant move my arm",
        "she is not responding",
        "no fever, chest pain since this morning",
        "no cough and chest pain",
    ],
)
def test_the_negation_of_an_emergency_never_cancels_it(text: str) -> None:
    assert says(text).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "no fever, chills or nausea",
        "No chest pain, shortness of breath, or swelling",
        "denies chest pain and shortness of breath or nausea",
        "my stomach doesnt hurt anymore",
        "fever broke last night",
        "the bleeding stopped days ago",
        "no a todo, ni vómito ni mareo ni sangrado",
        "ya se me quitó la calentura",
        "sin dolor ni fiebre",
        "no fever no chills no pus",
    ],
)
def test_a_denied_or_resolved_message_is_not_clinical(text: str) -> None:
    assert says(text, "symptom_checkin").urgency.weight < CLINICAL


@pytest.mark.parametrize(
    "text",
    [
        "no relief from the pain pills",
        "no se me quita el dolor",
        "dont think the fever is gone",
        "the rash is no better",
        "my daughter has a rash on her arm",
        "a mi hijo le duele el oido",
        "what if I get chest pain",
        "not only that my knee is swollen",
    ],
)
def test_doubt_and_family_stay_clinical(text: str) -> None:
    assert says(text).urgency.weight >= CLINICAL


def test_the_look_around_a_symptom_takes_constant_time() -> None:
    text = "no fever , chills or " * 5_000 + "nausea"
    begin = time.perf_counter()

    for _ in range(200):
        stands(text, "nausea")

    assert time.perf_counter() - begin < 1


class Anything(frozenset[str]):
    """Words of which every text holds one."""

    def isdisjoint(self, other: object) -> bool:
        return False


def test_texts_without_a_telling_word_are_judged_as_if_they_had_one(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        normal_form(json.loads(line)["text"]).normal
        for path in DEVELOPMENT
        for line in path.read_text("utf-8").splitlines()
    ]
    places = [
        (hit.concept.tier is Urgency.EMERGENCY, text, hit.start, hit.end)
        for text in texts
        for hit in everything().hits(text, None)
        if hit.concept.kind == "clinical"
    ]
    quick = [standing(text, start, end, strict=strict) for strict, text, start, end in places]
    monkeypatch.setattr(context, "_TELLING", Anything())
    assert quick == [standing(text, start, end, strict=strict) for strict, text, start, end in places]
    assert len(places) > 2_000
