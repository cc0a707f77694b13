"""Who was with the synthetic clinic before the demo begins: patients for a played history, the same for the same seed. All invented."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Resource = dict[str, Any]
GIVEN = (
    "Abel", "Beatriz", "Cyrus", "Delphine", "Emeka", "Freja", "Gwen", "Hamid", "Ines", "Joaquin", "Kalina", "Leopold", "Mireille", "Nadir",
    "Odalys", "Pilar", "Quentin", "Rosalind", "Stellan", "Thandiwe", "Ulrich", "Vesna", "Wanda", "Xiomara", "Yannick", "Zora",
)  # fmt: skip
FAMILY = (
    "Achterberg", "Bellweather", "Castellano", "Drummond", "Eversley", "Fontaine", "Grimaldi", "Hawthorne", "Ivanovic", "Jankowski",
    "Kowalczyk", "Lindgren", "Montoya", "Nakashima", "Ostrander", "Pemberton", "Quintanilla", "Rutherford", "Santangelo", "Thibodeaux",
    "Underhill", "Valdivia", "Wetherby", "Xanthos", "Yarborough", "Zimmermann",
)  # fmt: skip
AREAS = (
    "847",
    "630",
    "708",
    "224",
    "331",
    "464",
    "815",
    "779",
)  # around Chicago; 555-0100 to 555-0199 of each is nobody's
PLACES = (("60614", 5), ("60202", 2), ("60007", 2), ("60402", 2), ("60505", 1))
LANGUAGES = (("en", "English", 0.76), ("es", "Spanish", 0.2), ("pl", "Polish", 0.04))
LANDLINE, NO_PHONE, SHARES, CONSENTS = 0.04, 0.03, 0.06, 0.93
MOST = 100 * len(AREAS)


@dataclass(frozen=True)
class Past:
    """`patients` as FHIR; `consents` as the organisation's file has them."""

    patients: tuple[Resource, ...]
    consents: tuple[dict[str, str], ...]


def past(count: int, *, seed: int, before: datetime) -> Past:
    """So many patients (at most `MOST`) whose consents were given in the weeks before that instant."""
    if not 1 <= count <= MOST:
        raise ValueError(f"between 1 and {MOST} patients")
    patients: list[Resource] = []
    consents: list[dict[str, str]] = []
    for no in range(count):
        chance = random.Random(f"{seed}:past:{no}")
        patients.append(_patient(no, chance, earlier=patients))
        given = _consent(patients[-1], chance, before - timedelta(days=1 + no % 60))
        if given is not None and all(one["number"] != given["number"] for one in consents):
            consents.append(given)
    return Past(tuple(patients), tuple(consents))


def _patient(no: int, chance: random.Random, *, earlier: Sequence[Resource]) -> Resource:
    code, tongue, _ = chance.choices(LANGUAGES, [share for *_, share in LANGUAGES])[0]
    zip_code = chance.choices(PLACES, [weight for _, weight in PLACES])[0][0]
    language = {"coding": [{"system": "urn:ietf:bcp:47", "code": code}], "text": tongue}
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
    mrn = {"use": "usual", "type": kind, "system": "https://lakeside.example/mrn", "value": f"MRN{20_001 + no}"}
    telecom = _telecom(no, chance, earlier=earlier)
    return {
        "resourceType": "Patient",
        "id": f"pat-past-{no + 1}",
        "identifier": [mrn],
        "active": True,
        "name": [{"use": "official", "family": FAMILY[(no * 7) % len(FAMILY)], "given": [GIVEN[no % len(GIVEN)]]}],
        **({"telecom": telecom} if telecom else {}),
        "gender": chance.choice(("female", "male")),
        "birthDate": f"{chance.randint(1938, 2006)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        "address": [{"use": "home", "city": "Chicago", "state": "IL", "postalCode": zip_code, "country": "US"}],
        "communication": [{"language": language, "preferred": True}],
    }


def _telecom(no: int, chance: random.Random, *, earlier: Sequence[Resource]) -> list[dict[str, str]]:
    if chance.random() < NO_PHONE:
        return []
    if earlier and "telecom" in earlier[-1] and chance.random() < SHARES:
        return [dict(one) for one in earlier[-1]["telecom"]]
    area, place = divmod(no, 100)
    use = "home" if chance.random() < LANDLINE else "mobile"
    return [{"system": "phone", "value": f"({AREAS[area]}) 555-01{place:02}", "use": use}]


def _consent(patient: Resource, chance: random.Random, at: datetime) -> dict[str, str] | None:
    mobile = [one["value"] for one in patient.get("telecom", ()) if one["use"] == "mobile"]
    if not mobile or chance.random() >= CONSENTS:
        return None
    name = patient["name"][0]
    return {
        "who": f"{name['given'][0]} {name['family']}",
        "given_at": at.isoformat(),
        "how": "signed on the check-in form",
        "wording": "I agree that Lakeside Clinic may text me about my visits and care at this number. I need not agree to be treated.",
        "scope": "care texts",
        "number": "+1" + "".join(char for char in mobile[0] if char.isdigit()),
    }
