"""What we post, against Twilio's own OpenAPI description when it lies beside this checkout."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jsonschema
import pytest

from integrations.channels.sms import OutgoingText, TwilioAccount, TwilioSms
from integrations.channels.webhooks import rank
from tests.loopback import Says, vendor

SPEC = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "twilio_core_openapi.json"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.is_file():
        pytest.skip("Twilio's description is not beside this checkout")
    read: dict[str, Any] = json.loads(SPEC.read_text(encoding="utf-8"))
    return read


def test_a_text_is_posted_in_the_words_of_the_description(spec: dict[str, Any]) -> None:
    content = spec["paths"][MESSAGES]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    schema = content["schema"]
    with vendor() as twilio:
        twilio.says(Says(201, {"sid": "SM" + "1" * 32, "status": "accepted"}))
        status_url = "https://clinic.example/twilio/status"
        sms = TwilioSms(TwilioAccount("AC" + "a" * 32, "secret", "MG" + "b" * 32, twilio.url, status_url))
        sms.send(OutgoingText("att_01", to="+16175550101", body="Hello", validity_s=600))
        sms.close()
        posted = {name: values[0] for name, values in parse_qs(twilio.asked[0].body.decode()).items()}

    typed: dict[str, Any] = posted | {"ValidityPeriod": int(posted["ValidityPeriod"]), "SmartEncoded": True}
    assert set(posted) <= set(schema["properties"])
    jsonschema.validate(typed, schema | {"components": spec["components"]})


def test_every_outbound_status_of_the_description_has_a_rank(spec: dict[str, Any]) -> None:
    described = set(spec["components"]["schemas"]["message_enum_status"]["enum"])

    assert {status for status in described if rank(status) is None} == {"receiving", "received"}
