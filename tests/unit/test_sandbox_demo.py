"""A demo that was begun with an older version goes on with the newer one."""

from bot.manifest import BOT_SCOPES
from sandbox import demo


def test_an_older_demos_slack_grants_what_the_app_asks_for_today_and_keeps_its_secrets() -> None:
    older = demo.made_up({}) | {"slack_scopes": ["chat:write"], "slack_team": "T0OLDER0001"}

    now = demo.made_up(older)

    assert now == older | {"slack_scopes": demo.SCOPES}
    assert set(BOT_SCOPES) <= set(now["slack_scopes"])
