"""The Home tab."""

from collections.abc import Mapping

from bot import home_face
from bot.blocks import View, escape
from bot.surfaces import worst


def lines(_level: str) -> Mapping[str, View]:
    """It holds codes only, so all levels look alike."""
    return {
        "full": home_face.draw([escape(worst.TEAM)] * 20, [worst.REASON] * 10, at=worst.NOW, zone=worst.ZONE),
        "empty": home_face.draw([], [], at=worst.NOW, zone=worst.ZONE),
    }
