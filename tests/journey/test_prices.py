"""Settings: what outreach costs, as an admin says it in Slack."""

from sqlalchemy import select

from storage.tables import Organisation
from tests.journey.settings_desk import audited, opened, row, shown
from tests.world import GRETA, World


def prices(world: World) -> object:
    with world.begin() as session:
        return session.scalars(select(Organisation.settings)).one().get("prices")


def test_prices_are_typed_and_stand_in_the_list(world: World) -> None:
    assert "Not set: reports say nothing of money." in str(opened(world, GRETA))
    row(world, GRETA, "Prices")

    world.submit(GRETA, segment_usd="0.0083", staff_hour_usd="$32", staff_minutes_a_case="9,5")

    assert prices(world) == {"segment_usd": 0.0083, "staff_hour_usd": 32.0, "staff_minutes_a_case": 9.5}
    assert "$0.0083 a segment, $32 an hour of staff." in shown(world, GRETA)
    assert audited(world, "prices")[-1][1] == "all"


def test_what_is_no_number_is_refused_and_nothing_is_kept(world: World) -> None:
    opened(world, GRETA)
    row(world, GRETA, "Prices")

    world.submit(GRETA, segment_usd="cheap", staff_hour_usd="32", staff_minutes_a_case="9")

    assert "is no number (a text segment)" in world.errors(GRETA)
    assert prices(world) is None
