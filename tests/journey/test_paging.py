"""An emergency that nobody takes is brought to people: Slack, then their phone, then the admins; no word of the patient on the way."""

import pytest

from handlers import processes
from tests.world import AMINA, World

pytestmark = pytest.mark.phi("any")

AMINAS_PHONE, GRETAS_PHONE = "+13125550181", "+13125550187"
PAIN = "chest pain since this morning"


def later(world: World, minutes: int) -> None:
    world.jump(minutes=minutes)
    processes.tick(world.deps)
    world.drain()


def messages_to(world: World, user: str) -> list[str]:
    return [
        str(m["text"])
        for room in world.slack.state()["channels"]
        if room["id"] == "D" + user[1:]
        for m in room["messages"]
    ]


@pytest.mark.req("S48", by="handlers.effects.paging:send")
@pytest.mark.req("S96", by="workflows.paging:follow")
def test_an_emergency_nobody_claims_reaches_the_nurse_on_call_in_slack_and_on_the_phone(world: World) -> None:
    world.no_show("chest_pain")
    world.text("chest_pain", PAIN)
    number = world.card("clinical", "<!channel>").text.split(":")[0]

    later(world, 3)
    later(world, 3)
    later(world, 3)

    (message,) = messages_to(world, AMINA)
    (text,) = world.texts(AMINAS_PHONE)
    assert message == f"{number} (emergency) waits unclaimed in Clinical since 2:10 pm."
    assert text == f"Lakeside Clinic page 3: {message} Claim it in Slack and phone the patient."
    assert [told for told in world.texts(GRETAS_PHONE) if "Nobody on call has taken it" in told]
    assert "Amina Yusuf 2:13 pm (message), 2:16 pm (text)" in world.card("clinical", "Paged")
    for said in (message, text):
        assert not {"chest", "pain", "Walter", "Nyberg"} & set(said.split())


@pytest.mark.req("S48")
def test_a_claim_from_the_direct_message_ends_the_paging(world: World) -> None:
    world.no_show("chest_pain")
    world.text("chest_pain", PAIN)
    later(world, 3)
    (page,) = world._shown("D" + AMINA[1:])

    world.click("Claim", page, by=AMINA)
    later(world, 3)
    later(world, 30)

    assert f"<@{AMINA}>" in world.card("clinical", "Emergency")
    assert "<!channel>" not in world.card("clinical", "Emergency")
    assert world.texts(AMINAS_PHONE) == []
