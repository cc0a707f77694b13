"""What people type in Slack, as a phone can show it: no asterisks, no shortcodes, no angle brackets."""

import html
import re

from core.errors import Refused

NOTHING_SENT = "Nothing was sent: "
EMOJI = {
    "slightly_smiling_face": "🙂", "smile": "😄", "smiley": "😃", "grinning": "😀", "grin": "😁", "blush": "😊", "wink": "😉",
    "relaxed": "☺️", "joy": "😂", "heart_eyes": "😍", "hugging_face": "🤗", "relieved": "😌", "thinking_face": "🤔",
    "slightly_frowning_face": "🙁", "white_frowning_face": "☹️", "disappointed": "😞", "worried": "😟", "cry": "😢", "sob": "😭",
    "pensive": "😔", "confused": "😕", "sweat_smile": "😅", "mask": "😷", "face_with_thermometer": "🤒", "pray": "🙏",
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "ok_hand": "👌", "clap": "👏", "wave": "👋", "raised_hands": "🙌",
    "muscle": "💪", "point_right": "👉", "handshake": "🤝", "heart": "❤️", "green_heart": "💚", "blue_heart": "💙",
    "yellow_heart": "💛", "sparkling_heart": "💖", "broken_heart": "💔", "white_check_mark": "✅", "heavy_check_mark": "✔️",
    "ballot_box_with_check": "☑️", "x": "❌", "warning": "⚠️", "exclamation": "❗", "question": "❓", "star": "⭐", "sparkles": "✨",
    "tada": "🎉", "birthday": "🎂", "bouquet": "💐", "sunny": "☀️", "snowflake": "❄️", "umbrella": "☔", "calendar": "📆", "date": "📅",
    "alarm_clock": "⏰", "clock3": "🕒", "hourglass": "⌛", "bell": "🔔", "phone": "☎️", "telephone_receiver": "📞", "iphone": "📱",
    "email": "✉️", "envelope": "✉️", "pill": "💊", "syringe": "💉", "hospital": "🏥", "car": "🚗", "bus": "🚌", "house": "🏠",
    "round_pushpin": "📍", "pushpin": "📌", "memo": "📝", "coffee": "☕", "apple": "🍎", "baby": "👶", "eyes": "👀", "100": "💯",
}  # fmt: skip
"""The shortcodes that people use with patients; what is not in here is asked back."""
_SHORTCODE = re.compile(r"(?<![\w:]):(?P<name>[+-]?[a-z0-9_'-]*[a-z1][a-z0-9_'-]*):(?!\w)", re.IGNORECASE)
_TONE = re.compile(r":skin-tone-\d:")
_LINK = re.compile(r"<(?P<address>(?:https?://|tel:|mailto:)[^>|]*)(?:\|(?P<label>[^>]*))?>")
_POINTED = re.compile(r"<[@#!][^>]*>")
_STYLED = tuple(
    re.compile(rf"(?<![\w{mark}]){mark}(?=\S)(?P<inner>[^{mark}\n]+?)(?<=\S){mark}(?![\w{mark}])")
    for mark in (r"\*", "_", "~", "`")
)


def of_message(text: str) -> str:
    """A message's text as it reads: links, entities, emphasis and emoji in words and characters.

    Refused where it points at a colleague or a channel, and for a picture that no phone has.
    """
    if _POINTED.search(text):
        raise Refused(f"{NOTHING_SENT}the text names a colleague or a channel, which a phone cannot show. Take it out.")
    shown = _LINK.sub(_linked, text).replace("```", "")
    for style in _STYLED:
        shown = style.sub(lambda found: found["inner"], shown)
    return of_field(html.unescape(shown))


def of_field(text: str) -> str:
    """What was typed into a form's field, where only emoji are written in a way of Slack's own. Refused as above."""
    return _SHORTCODE.sub(_picture, _TONE.sub("", text))


def _linked(link: re.Match[str]) -> str:
    address, label = link["address"], link["label"] or ""
    bare = re.sub(r"^(https?://|tel:|mailto:)", "", address)
    if not label:
        return address if address.startswith("http") else bare
    as_typed = not address.startswith("http") or label.rstrip("/") in (address.rstrip("/"), bare.rstrip("/"))
    return label if as_typed else f"{label} ({address})"


def _picture(found: re.Match[str]) -> str:
    known = EMOJI.get(found["name"].lower())
    if known is None:
        raise Refused(f"{NOTHING_SENT}a phone shows {found[0]} as these letters. Take it out, or say it in words.")
    return known
