"""What people say about being texted, to the desk, and about us: tables in both languages, look-alikes beside them."""

from datetime import datetime

import pytest

from workflows.understanding import Reading, Urgency, comments, read, survey
from workflows.understanding.normalise import normal_form

NOON = datetime(2026, 12, 2, 12)


def says(text: str, context: str | None = None) -> Reading:
    return read(text, context=context, ref=NOON)


@pytest.mark.parametrize(
    "text",
    [
        "please stop texting me", "can you please stop sending me these messages", "STOP PLEASE", "stop!!!!",
        "Stop. Thank you", "thanks but stop", "S T O P", "quit sending me crap", "no more text messages thanks",
        "don't ever text this number again", "DO NOT CONTACT ME AGAIN", "take my number off ur list", "lose my number",
        "leave me the hell alone", "how do I opt out", "i no longer want to receive text messages from you",
        "I never signed up for this list", "i'd rather not get text messages", "you don't have my consent to contact me",
        "turn off the text reminders", "put me on your do not call list", "stop calling this number", "im going to block you",
        "reporting you as spam", "i texted STOP already", "these messages need to stop", "can u not text me",
        "stop the reminders but keep the results", "no reminders please", "please stop contacting my mother", "cease and desist",
        "dejen de mandarme mensajes", "por favor no me escriban", "ya no quiero recibir mensajes", "no deseo recibir textos",
        "sáquenme de su lista por favor", "borren mi número", "quiero darme de baja", "basta de mensajes", "parenle ya",
        "déjeme en paz por favor", "no autorizo mensajes", "los voy a bloquear", "que no me vuelvan a escribir",
        "please stop los mensajes", "ya no quiero reminders", "no quiero texts",
    ],
)  # fmt: skip
def test_a_clear_wish_that_texts_stop_opts_out(text: str) -> None:
    assert says(text).opt_out


@pytest.mark.parametrize(
    "text",
    [
        "should I stop taking the meds", "can i stop by later", "dont stop", "it wont stop hurting", "stop being silly",
        "please call instead of texting", "dont text me at work", "dont text me while driving", "i will stop texting you now",
        "u never text me anymore", "why did u stop texting me", "he wont leave me alone", "please dont leave me alone",
        "take me off the waitlist", "remove me from the 4pm slot", "i never got the text", "I have no more pills",
        "i dont know how to make it stop", "the texts stopped coming", "i accidentally texted stop", "opt out of the study",
        "haha stop it", "remove the stitches", "I don't want to stop getting these", "please stop the refill of lisinopril",
        "no puedo parar de vomitar", "cuando dejo de tomar el antibiotico", "no me escriban tan temprano",
        "no me llego el mensaje", "mi presion esta baja", "para mandar los papeles", "no me dejen de mandar los recordatorios",
    ],
)  # fmt: skip
def test_a_look_alike_does_not(text: str) -> None:
    assert not says(text).opt_out


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("turn the reminders back on", "opt_in"),
        ("I stopped the texts by accident", "opt_in"),
        ("sí reactívenme los mensajes por favor", "opt_in"),
        ("empezar", "opt_in"),
        ("who is maria", "wrong_number"),
        ("not Gladys. please check ur records", "wrong_number"),
        ("I've had this number 6 yrs", "wrong_number"),
        ("no la conozco", "wrong_number"),
        ("se equivocó", "wrong_number"),
        ("aquí no vive ninguna Rosa", "wrong_number"),
        ("he passed yesterday", "deceased"),
        ("we lost him in march", "deceased"),
        ("se nos fue mi papá el domingo", "deceased"),
        ("falleció mi esposo", "deceased"),
        ("this is his wife", "proxy"),
        ("soy la hija de doña Chayo", "proxy"),
        ("who is this?", "help"),
        ("how does this texting thing work", "help"),
        ("no sé qué es este número ayuda por favor", "help"),
        ("can a nurse ring me back", "human"),
        ("pásenme con una enfermera", "human"),
        ("use my cell 555-0148 not this one", "contact_pref"),
        ("no me marquen por favor", "contact_pref"),
        ("hablo solo español", "contact_pref"),
        ("do you take Aetna", "billing"),
        ("cuánto me van a cobrar por la consulta", "billing"),
        ("nobody ever calls me back", "complaint"),
        ("me cobraron de más", "complaint"),
        ("Dr Lee was great", "praise"),
        ("my lawyer will hear about this", "hostile"),
        ("voy a demandar", "hostile"),
        ("ill report you to the medical board", "hostile"),
        ("you people are morons", "hostile"),
        ("do i gotta fast for this one", "question"),
        ("¿dónde me estaciono?", "question"),
        ("mil gracias", "thanks"),
        ("alrighty", "ack"),
        ("hey hows it going", "greeting"),
    ],
)
def test_what_is_asked_of_the_desk_is_named(text: str, label: str) -> None:
    assert label in says(text).intents


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("i gave you the wrong number", "wrong_number"),
        ("who cares", "wrong_number"),
        ("who is my doctor", "wrong_number"),
        ("lost my appointment card", "deceased"),
        ("Passed the kidney stone", "deceased"),
        ("passed my test", "deceased"),
        ("my phone is dead", "deceased"),
        ("havent slept since my husband died", "deceased"),
        ("i have my grandmothers funeral that day", "deceased"),
        ("she's a great nurse", "proxy"),
        ("my wife will drive me", "proxy"),
        ("Sue said she will bring the forms", "hostile"),
        ("my lawyer needs a copy of my records", "hostile"),
        ("i feel like an idiot, forgot my form", "hostile"),
        ("thanks for nothing", "thanks"),
        ("how about friday", "question"),
        ("seguro que sí", "billing"),
        ("can't complain", "complaint"),
        ("ill call you back", "human"),
    ],
)
def test_its_look_alikes_are_not(text: str, label: str) -> None:
    assert label not in says(text).intents


def test_who_reports_a_death_writes_for_somebody() -> None:
    assert {"deceased", "proxy"} <= set(says("Dolores Fink is deceased as of 10/19").intents)


@pytest.mark.parametrize(
    "text",
    [
        "Loved “If you have chest pain call 911”",
        'Liked "See you at 9"',
        "Emphasized 'Watch for pus, fever over 100.4'",
        "❤️ to “See you soon! If this is an emergency dial 911.”",
        "Reacted 😂 to “Are you bleeding?”",
        "Removed a like from “Do you have chest pain?”",
        "Le encantó «¿Tiene dolor de pecho? Llame al 911»",
        "A María le gustó “¿Le falta el aire?”",
        "Me gusta “Llame al 911 si no puede respirar”",
        "Reaccionó con 👍 a “¿Tiene fiebre?”",
        "Loved “Line one\nchest pain call 911\nline three”",
        "Liked “Reminder: if you have chest pain, call 9",
        "Loved an image",
        "Removed an exclamation from “Chest pain? Call 911”",
        "Disliked “Please call 911 if you have trouble breathing.”",
    ],
)
def test_a_tapback_is_only_a_tapback(text: str) -> None:
    reading = says(text, "symptom_checkin")

    assert (reading.intents, reading.urgency) == (("tapback",), Urgency.NONE)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Disliked “See you at 9”", True),
        ("No le gustó “Nos vemos”", True),
        ("👎 to “See you”", True),
        ("Liked “Reply 1 to keep it”", True),
        ("Liked “See you at 9”", False),
    ],
)
def test_displeasure_and_a_weak_yes_go_to_a_person(text: str, wanted: bool) -> None:
    assert says(text, "appointment_confirm").review is wanted


def test_words_after_a_tapback_are_read() -> None:
    assert says("Liked “How are you?” i can't breathe", "symptom_checkin").urgency is Urgency.EMERGENCY
    assert says("I liked “the nurse” but my chest hurts", "survey_0_10").urgency is Urgency.EMERGENCY


SCORES = {
    "10": 10, "ten": 10, "9/10": 9, "nueve de 10": 9, "10!!": 10, "I give it a 7": 7, "0": 0, "Zero. You lost my labs": 0,
    "10 but the wait was 45 min": 10, "9 para la doctora": 9, "9️⃣": 9, "🔟": 10, "7ish": 7, "un 9": 9, "10 sobre 10": 10,
    "8.5": 8, "8.7": 9, "8,5": 8, "nueve y medio": 9, "9 1/2": 9, "8 -- would be a 10 if you picked up": 8,
    "9/10 would be 10/10 if parking was better": 9, "great care, 9": 9, "Nine. Only cause nobody's perfect": 9,
    "three. I got stuck four times": 3, "2, sat in that cold room for 90 minutes": 2, "10 you guys rock": 10,
    "On a scale of 0-10 I'd say 9": 9, "pongan un 0, me sacaron la muela": 0, "8 because it took 3 calls": 8, "10 10 10": 10,
}  # fmt: skip
NO_SCORES = [
    "5 stars", "100%", "2 thumbs up", "between 7 and 8", "7 or 8", "7-8", "siete u ocho", "a 10 for dr lee and a 3 for the wait",
    "10 for the nurse, 2 for the front desk", "doctor 10, front desk 4", "4 out of 5", "11/10", "-1", "20", "waited 2 hours",
    "call me 555-0172", "12/3 is fine", "my appointment was at 9", "room 7 was dirty", "last time 9, this time 4", "not a 10",
]  # fmt: skip


@pytest.mark.parametrize(("text", "score"), SCORES.items())
def test_a_score_is_read_and_halves_count_for_the_lower_one(text: str, score: int) -> None:
    assert says(text, "survey_0_10").score == score


@pytest.mark.parametrize("text", NO_SCORES)
def test_where_no_score_or_two_stand_a_person_looks(text: str) -> None:
    reading = says(text, "survey_0_10")

    assert reading.score is None
    assert reading.review


@pytest.mark.parametrize(
    "text",
    ["one of the best doctors", "Zero pain since the injection", "she caught something three other doctors missed"],
)
def test_a_number_word_in_a_sentence_is_no_score(text: str) -> None:
    assert survey.score(normal_form(text).normal) is None


@pytest.mark.parametrize(
    "text",
    [
        "Great, another 2 hour wait. Love sitting in your lobby all day.",
        "Oh it was just wonderful being left on hold 45 minutes. Bravo.",
        "The nurse was wonderful. The doctor, on the other hand, was arrogant and cold.",
        "Staff was friendly enough however the wait time is out of control",
        "I don't feel like anyone there cares about me",
        "Doctor never looked up from his laptop. Didn't examine me at all.",
        "Dr was nice but billing is a nightmare, they've sent me to collections",
        "I felt rushed and my questions were never answered.",
        "wouldn't send my dog here",
        "Not impressed.",
        "the doctor dismissed all my concerns",
        "no los recomiendo para nada",
        "la doctora bien pero las enfermeras muy déspotas",
        "tardan mucho y no me hicieron caso",
        "4 cuz the dr looked at his computer the whole time",
    ],
)
def test_a_comment_of_low_satisfaction_is_a_complaint(text: str) -> None:
    reading = says(text, "survey_0_10")

    assert "complaint" in reading.intents
    assert reading.urgency.weight >= Urgency.ADMIN.weight


@pytest.mark.parametrize(
    "text",
    [
        "Had to wait a little while but it was worth it, Dr. Kim is amazing",
        "Dr. Patel took the time to listen. I never felt rushed.",
        "I can't say enough good things about this team",
        "Couldn't be happier with my results",
        "I would not hesitate to recommend her",
        "Not a bad experience at all",
        "No waiting, no attitude, no surprises on the bill",
        "They fixed the billing mistake right away, very professional",
        "no tengo ninguna queja",
        "no me dolió nada, felicidades a la enfermera",
        "10 you guys rock",
    ],
)
def test_a_content_comment_is_none(text: str) -> None:
    assert "complaint" not in says(text, "survey_0_10").intents


def test_a_denial_turns_a_word_round_and_what_follows_but_weighs_more() -> None:
    good, bad = comments.of("the nurse was kind"), comments.of("the nurse was not kind")
    mixed = comments.of("the nurse was kind but the room was dirty")

    assert good.balance > 0 > bad.balance
    assert mixed.balance < 0
    assert mixed.worst == (36, 41)
    assert comments.of("no pain , good care").balance > comments.of("no good care").balance


def test_a_low_score_beside_a_sign_of_the_body_is_no_complaint() -> None:
    assert "complaint" not in says("3. i have a bit of a headache", "survey_0_10").intents
