"""How the Home tab looks; what stands on it is handed in, so that it can be seen without a database. Ids and codes only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot import times
from bot.blocks import (
    Block,
    Element,
    View,
    actions,
    button,
    clip,
    context,
    divider,
    escape,
    header,
    option,
    section,
    static_select,
)
from bot.narrowing import ALL, Narrowing

LINE_SHOWN, COUNTS_SHOWN, CHOICE_SHOWN = 300, 900, 40
ROWS = 10
VIEWS = (
    ("mine", "My cases"),
    ("unclaimed", "Unclaimed"),
    ("late", "Late"),
    ("open", "All open"),
    ("promises", "Promises"),
    ("running", "Running"),
    ("programs", "Programs"),
)
"""The buttons on top; `running` is what automation carries by itself."""
TITLES = {
    "mine": "Your cases",
    "unclaimed": "Nobody's yet",
    "late": "Late",
    "open": "All open cases",
    "promises": "Promised, not kept yet",
    "running": "Running by itself",
    "programs": "Programs and campaigns",
}
EMPTY = {
    "mine": "You have no case. *Unclaimed* shows what waits for somebody.",
    "unclaimed": "Everything is taken.",
    "late": "Nothing is late.",
    "open": "Nothing waits for you or your teams.",
    "promises": "Every promise was kept.",
    "running": "No program is running.",
    "programs": "There is no program yet.",
}
CLAIMS, OPENS = (
    tuple(f"home.{verb}.{n}" for n in range(ROWS)) for verb in ("claim", "open")
)  # a view takes no action id twice
SHOW = {code: f"home.show.{code}" for code, _ in VIEWS}
OLDER, NEWER = "home.next", "home.back"
NARROW = {name: f"home.narrow.{name}" for name in ("kind", "program", "state")}
SHOW_ALL = "home.widen"
OFF = "staff.off"
FIND = "lookup.find"
PRACTISE = "practice.ask"
SETTINGS = "settings.open"
FIRST_DAY = "first_day.open"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: safe mrkdwn, and the case a button is for ("" none); `free` when nobody has it."""

    words: str
    case_id: str = ""
    free: bool = False


@dataclass(frozen=True, slots=True)
class Face:
    """Everything that is drawn. `tally` by view, where it is counted; `counts` and `glance` are plain text."""

    view: str
    rows: Sequence[Row]
    counts: str = ""
    glance: str = ""
    tally: dict[str, int] | None = None
    page: int = 0
    more: bool = False
    tools: Sequence[tuple[str, str]] = ()
    """(label, action) of the buttons below the list that this person's role may press."""
    narrowing: Narrowing | None = None
    """The filters of the view, if it has any."""


def draw(face: Face, halts: Sequence[str], *, at: datetime, zone: tzinfo) -> View:
    """Under what is stopped now: counts, the buttons of the views, the list, paging."""
    blocks: list[Block] = [section(f":octagonal_sign: *{escape(clip(line, LINE_SHOWN))}*") for line in halts]
    if face.counts:
        blocks.append(section(escape(clip(face.counts, COUNTS_SHOWN))))
    if face.glance:
        blocks.append(context(escape(clip(face.glance, COUNTS_SHOWN))))
    blocks += [actions(*_views(face)), header(TITLES[face.view]), *_narrowing(face)]
    blocks += [_row(row, place) for place, row in enumerate(face.rows[:ROWS])] or [section(_empty(face))]
    turns = [button("Back", NEWER, value=f"{face.view}:{face.page - 1}")] if face.page else []
    turns += [button("Next", OLDER, value=f"{face.view}:{face.page + 1}")] if face.more else []
    tools = [("Find a patient", FIND), ("I'm off…", OFF), *face.tools]
    blocks.append(actions(*turns, *(button(label, act, value="me") for label, act in tools)))
    page = f"Page {face.page + 1} · " if face.page or face.more else ""
    blocks += [divider(), context(f"{page}As of {times.moment(at, zone)}.")]
    return {"type": "home", "private_metadata": f"{face.view}:{face.page}", "blocks": blocks}


def stranger(why: str | None = None) -> View:
    """For a Slack account that is not on the staff list, or (`why`) whose access has ended."""
    said = why or "You are not on Careloop's staff list yet. Ask an admin of your clinic to add your Slack account."
    return {"type": "home", "blocks": [section(escape(said))]}


def _views(face: Face) -> list[Element]:
    made = []
    for code, label in VIEWS:
        count = (face.tally or {}).get(code)
        words = f"{label} ({count:,})" if count is not None else label
        made.append(button(words, SHOW[code], value=f"{code}:0", style="primary" if code == face.view else None))
    return made


def _narrowing(face: Face) -> list[Block]:
    """One control a filter, and what is hidden with the way back."""
    if face.narrowing is None:
        return []
    made = []
    for name, offered in face.narrowing.choices.items():
        options = [option(clip(words, CHOICE_SHOWN), code) for code, words in offered]
        chosen = next((one for one in options if one["value"] == face.narrowing.chosen[name]), options[0])
        made.append(static_select(NARROW[name], options, placeholder=offered[0][1]) | {"initial_option": chosen})
    if not face.narrowing.hides:
        return [actions(*made)]
    hides = escape(clip(face.narrowing.hides, LINE_SHOWN))
    return [
        actions(*made, button("Show all", SHOW_ALL, value=ALL)),
        context(f"{hides} *Show all* takes the filter off."),
    ]


def _empty(face: Face) -> str:
    """What is said instead of a list."""
    if face.narrowing is not None and face.narrowing.hides:
        return f"Nothing here is {escape(clip(face.narrowing.names, LINE_SHOWN))}."
    return EMPTY[face.view]


def _row(row: Row, place: int) -> Block:
    made = section(clip(row.words, LINE_SHOWN))
    if not row.case_id:
        return made
    label, name = ("Claim", CLAIMS[place]) if row.free else ("Open", OPENS[place])
    return made | {"accessory": button(label, name, value=row.case_id, style="primary" if row.free else None)}
