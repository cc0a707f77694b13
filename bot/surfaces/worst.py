"""The worst rows there can be: the longest names, right-to-left and combined letters, emoji, words that would mention or link."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.blocks import Message
from bot.cards.view import PhiLevel, PhiView
from core import ids

LEVELS = ("none", "initials", "full")
NOW = datetime(2026, 12, 1, 21, 5, tzinfo=UTC)
ZONE = ZoneInfo("America/Argentina/ComodRivadavia")
CHANNEL = "C0SURFACES1"
OWNER = "U0SURFACES1"

INJECTED = (
    "<!channel> <!here> <@U0INJECTED> <!subteam^S0INJECTED> <https://evil.example|Open> & &lt;!channel&gt; *b* `c`"
)
HOSTILE = f"\u202eمحمد عبد الرحمن بن عبد العزيز\u202c 👩‍👩‍👧‍👦 Z̷a̵l̴g̸o̶ {INJECTED}"
LONG = f"{HOSTILE} {'Wolfeschlegelsteinhausenbergerdorff ' * 86}"
WORD = "Ñandú" * 800
PATIENT = f"Zyxwina {HOSTILE} Quibblesworth {'x' * 400}"
BODY = f"my knee swelled up like a melon\n{LONG}\ncall +15005550199\n" + "\n" * 300 + "end"
REASON, TEAM, PERSON, TITLE = LONG, f"Team {LONG}", f"Ana {LONG}", f"Program {LONG}"


def case() -> str:
    """A case's id as it stands on buttons."""
    return ids.show("cas", UUID(int=2**128 - 1))


def record(prefix: str, number: int = 0) -> str:
    """Another record's id; each number another one."""
    return ids.show(prefix, UUID(int=2**128 - 1 - number))


def later(**span: float) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(**span)


def phi(level: str) -> PhiView | None:
    """The patient as a level lets Slack see them; nothing at none."""
    if level == "none":
        return None
    return PhiView(
        PhiLevel(level),
        initials="ع👩‍👩‍👧‍👦<!here>",
        age_band="80 or older",
        name=PATIENT,
        body=BODY,
        visit_day=LONG,
        visit=f"with Zyxwina {LONG}",
    )


def patient_line(level: str) -> str | None:
    """Who a modal is about."""
    found = phi(level)
    return None if found is None else found.name if level == "full" else found.initials


def choices(count: int, prefix: str) -> list[tuple[str, str]]:
    """So many records with the longest words, as (id, label)."""
    return [(record(prefix, number), f"{number} {LONG}") for number in range(count)]


def message(drawn: Message, **metadata: str) -> dict[str, Any]:
    """The arguments of `chat.postMessage` that hold content."""
    payload: dict[str, Any] = {"channel": CHANNEL, "text": drawn.text, "blocks": list(drawn.blocks)}
    if metadata:
        payload["metadata"] = {"event_type": "careloop_case", "event_payload": metadata}
    return payload
