"""Figures of speech and named things are no symptom; what looks like one of them and is real stays as urgent as it is."""

from datetime import datetime

import pytest

from workflows.understanding import read
from workflows.understanding.lexicon import load

NOON = datetime.fromisoformat("2026-12-02T12:00:00")


def weight(text: str, context: str | None = None) -> str:
    return read(text, context=context, ref=NOON).urgency.value


@pytest.mark.parametrize(
    "text",
    [
        "I nearly choked when I saw the parking fee",
        "this app gives me hives",
        "the heart walk is saturday so monday works",
        "my car had a stroke on the highway, need a ride",
        "I took a shot in the dark and guessed the building",
        "im drowning in laundry, need to push to next week",
        "we lost, the boss went red when i quit",
        "she bit my head off about the form",
        "it cost me blood sweat and tears to get this slot",
        "do you have an asthma education class",
        "these copays are bleeding me dry",
        "the dog threw up on the rug so I am late",
        "my uncle died of a heart attack last month, need to cancel",
        "yes unless the final gives me a heart attack",
        "se me hizo agua la boca con el menu",
        "me asfixian las deudas, puedo pagar en abonos",
        "esa factura fue una puñalada",
        "el calor me mata, hay aire en la sala?",
        "mi jefe me va a matar si falto, otra fecha?",
        "mi perro se enfermo y no puedo ir",
        "que dolor de cabeza es su pagina web",
        "el grupo de diabetes sigue los jueves?",
        "me corto el internet, mande otra vez",
        "me muero de ganas de conocer al bebe",
    ],
)
def test_a_figure_of_speech_is_not_clinical(text: str) -> None:
    assert weight(text) in ("none", "admin")


@pytest.mark.parametrize(
    "text",
    [
        "I was in class and had a seizure",
        "my son choked on a hot dog at the movie and hes blue",
        "when I opened the bill I got chest pain and I still have it",
        "crying and cant breathe",
        "pet the dog now throat closing",
        "boss collapsed at his desk not breathing",
        "teacher had a stroke we think, face drooping",
        "he stabbed me in the back, im bleeding",
        "the shelf fell on my head and I blacked out",
        "tree fell on him hes not moving",
        "he went white and collapsed",
        "neck brace is choking me",
        "its so cold and my dad is confused and slurring",
        "my mom died of a stroke last year and now my face is drooping",
        "at the funeral my dad had a heart attack help",
        "movie night, my son swallowed a battery",
        "saw my kid drink bleach",
        "im not the one bleeding, my wife is bleeding a lot",
        "you have the wrong med, my lips are swelling and I cant breathe",
        "cant afford my heart pills and having chest pain",
        "spicy food and now I am vomiting blood",
        "I dont want to live since my cat died",
        "se murio mi esposo y me quiero morir",
        "mi jefe se desmayo y no responde",
        "el perro mordio a mi nina y sangra mucho",
        "se comio veneno del perro mi hijo",
        "le dio un infarto en la misa",
        "me corte la mano y no para de sangrar",
        "si no me ayudan me mato",
        "le dieron una puñalada a mi hermano",
        "murio de un infarto mi papa ayer y me duele el pecho ahora",
        "si repruebo el examen me mato",
    ],
)
def test_what_only_sounds_like_a_figure_is_still_an_emergency(text: str) -> None:
    assert weight(text) == "emergency"


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("the dog attacked my son hes bleeding from the neck", None),
        ("my brother overdosed last month and i just took his pills", None),
        ("got it. but im bleeding through the bandage", "instruction_check"),
        ("got it. no aspirin but i already took it today", "instruction_check"),
        ("ok so i took my blood thinner twice", "instruction_check"),
        ("ok but do i stop the aspirin?", "instruction_check"),
        ("cant pick up my insulin, sugar is 500", "next_step_check"),
        ("picked up the meds and now my throat is swelling", "next_step_check"),
        ("pain gone but now my leg is swollen", "symptom_checkin"),
        ("the fever went away and now my wife has a cough too", "symptom_checkin"),
        ("me duele el codo", None),
        ("se me cae la cara de un lado", None),
        ("recovering from surgery and my back hurts", None),
    ],
)
def test_a_clinical_matter_beside_words_of_a_figure_is_still_one(text: str, context: str | None) -> None:
    assert weight(text, context) not in ("none", "admin")


def test_every_figure_is_looked_for_by_a_word_of_its_own() -> None:
    assert load("figures").unanchored == []


def test_a_figure_takes_away_only_the_words_that_it_touches() -> None:
    assert weight("this bill is a heart attack of a price and my chest hurts") == "emergency"


@pytest.mark.parametrize(
    "text",
    [
        "fever is history, pain is history",
        "the cough is gone, no fever",
        "fever is gone and the cough also",
        "pain? what pain",
        "pain is a thing of the past",
        "cual dolor ni que nada",
    ],
)
def test_what_is_over_or_mocked_is_no_symptom(text: str) -> None:
    assert weight(text, "symptom_checkin") in ("none", "admin")
