"""What a wish that texts stop is about: everything, unless it plainly names only what sells. Pure."""

import re

from workflows.understanding.normalise import normal_form

MARKETING = re.compile(
    r"\b(marketing|promos?|promotions?|promotional|ads?|adverts?|advertising|advertisements?|offers?|deals?|newsletters?|coupons?"
    r"|publicidad|promocion(al|ales|es)?|ofertas?|anuncios?|propaganda|descuentos?)\b"
)
EVERYTHING = re.compile(r"\b(all|everything|any|anything|ever|every|me alone|todos?|todas?|nada|ningun\w?|en paz)\b")
LONGEST = 300  # characters; a longer text names more than one thing


def only_marketing(words: str) -> bool:
    """Whether texts about care may go on. In doubt they may not: "stop the reminders" stops everything, and so does a bare STOP."""
    normal = normal_form(words[: LONGEST + 1]).normal
    return len(words) <= LONGEST and bool(MARKETING.search(normal)) and not EVERYTHING.search(normal)
