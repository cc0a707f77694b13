"""Interactive elements of Block Kit and their limits (docs.slack.dev/reference/block-kit/block-elements)."""

import time
from datetime import date
from typing import Any

from sandbox.slack.shapes import (
    Check,
    Json,
    Report,
    boolean,
    both,
    integer,
    items,
    one_of,
    shape,
    string,
    typed,
    written,
)

_EMOJI = {"emoji": boolean}
_VERBATIM = {"verbatim": boolean}


def plain(longest: int) -> Check:
    return typed({"plain_text": shape({"text": string(longest)}, _EMOJI)}, "text object")


def text(longest: int) -> Check:
    """Either kind of text object."""
    kinds = {
        "plain_text": shape({"text": string(longest)}, _EMOJI),
        "mrkdwn": shape({"text": string(longest)}, _VERBATIM),
    }
    return typed(kinds, "text object")


CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
_ACTION_ID = {"action_id": string(255)}
_SELECT_COMMON: dict[str, Check] = {"placeholder": plain(150), "confirm": CONFIRM, "focus_on_load": boolean}
_DISPATCH = shape({}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 1, 2)})

PLAIN_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
RICH_OPTION = shape({"text": text(75), "value": string(150)}, {"description": text(75)})
OVERFLOW_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": string(3000)})
_GROUP = shape({"label": plain(75), "options": items(PLAIN_OPTION, 1, 100)})


def options_of(element: Json) -> list[Json]:
    """Every choice an element offers, groups flattened; empty for elements that offer none."""
    groups = element.get("option_groups")
    lists = [group.get("options") for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    lists.append(element.get("options"))
    return [option for found in lists if isinstance(found, list) for option in found if isinstance(option, dict)]


def _initials_offered(report: Report, element: Any, path: str) -> None:
    if not isinstance(element, dict):
        return
    offered = options_of(element)
    if isinstance(element.get("initial_option"), dict) and element["initial_option"] not in offered:
        report.add(f"{path}/initial_option", "must match one of the options")
    chosen = element.get("initial_options")
    if isinstance(chosen, list) and any(option not in offered for option in chosen):
        report.add(f"{path}/initial_options", "must match the options")


def _options_or_groups(report: Report, element: Any, path: str) -> None:
    if isinstance(element, dict) and ("options" in element) == ("option_groups" in element):
        report.add(path, "must provide either options or option_groups")


def _lengths_in_order(report: Report, element: Any, path: str) -> None:
    if not isinstance(element, dict):
        return
    least, most = element.get("min_length"), element.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        report.add(path, "min_length must not exceed max_length")


def _filters_something(report: Report, found: Any, path: str) -> None:
    if found == {}:
        report.add(path, "must provide at least one field")


_CONVERSATIONS = shape(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
_FIXED_OPTIONS = {"options": items(PLAIN_OPTION, 1, 100), "option_groups": items(_GROUP, 1, 100)}
_TEN = {"options": items(RICH_OPTION, 1, 10)}
_TYPING: dict[str, Check] = {"placeholder": plain(150), "dispatch_action_config": _DISPATCH, "focus_on_load": boolean}

_ISO_DATE = written(date.fromisoformat, "a date as YYYY-MM-DD")
_CLOCK_TIME = written(lambda value: time.strptime(value, "%H:%M"), "a time as HH:mm")
_NUMBER = written(float, "a number written as text")

IMAGE_FIELDS: dict[str, Check] = {
    "image_url": string(3000),
    "slack_file": shape({}, {"id": string(255), "url": string(3000)}),
}


def one_source(report: Report, image: Any, path: str) -> None:
    """An image comes from a URL or from a Slack file, never both."""
    if isinstance(image, dict) and ("image_url" in image) == ("slack_file" in image):
        report.add(path, "must provide either image_url or slack_file")


ELEMENTS: dict[str, Check] = {
    "button": shape(
        {**_ACTION_ID, "text": plain(75)},
        {
            "value": string(2000),
            "url": string(3000),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "overflow": shape({**_ACTION_ID, "options": items(OVERFLOW_OPTION, 1, 5)}, {"confirm": CONFIRM}),
    "static_select": both(
        shape(_ACTION_ID, {**_FIXED_OPTIONS, **_SELECT_COMMON, "initial_option": PLAIN_OPTION}),
        _options_or_groups,
        _initials_offered,
    ),
    "multi_static_select": both(
        shape(
            _ACTION_ID,
            {
                **_FIXED_OPTIONS,
                **_SELECT_COMMON,
                "initial_options": items(PLAIN_OPTION, 1, 100),
                "max_selected_items": integer(1, 100),
            },
        ),
        _options_or_groups,
        _initials_offered,
    ),
    "radio_buttons": both(
        shape({**_ACTION_ID, **_TEN}, {"initial_option": RICH_OPTION, "confirm": CONFIRM, "focus_on_load": boolean}),
        _initials_offered,
    ),
    "checkboxes": both(
        shape(
            {**_ACTION_ID, **_TEN},
            {"initial_options": items(RICH_OPTION, 1, 10), "confirm": CONFIRM, "focus_on_load": boolean},
        ),
        _initials_offered,
    ),
    "datepicker": shape(_ACTION_ID, {**_SELECT_COMMON, "initial_date": _ISO_DATE}),
    "timepicker": shape(_ACTION_ID, {**_SELECT_COMMON, "initial_time": _CLOCK_TIME, "timezone": string(64)}),
    "datetimepicker": shape(
        _ACTION_ID,
        {"initial_date_time": integer(1_000_000_000, 9_999_999_999), "confirm": CONFIRM, "focus_on_load": boolean},
    ),
    "users_select": shape(_ACTION_ID, {**_SELECT_COMMON, "initial_user": string(32)}),
    "conversations_select": shape(
        _ACTION_ID,
        {
            **_SELECT_COMMON,
            "initial_conversation": string(32),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": both(_CONVERSATIONS, _filters_something),
        },
    ),
    "plain_text_input": both(
        shape(
            _ACTION_ID,
            {
                **_TYPING,
                "initial_value": string(3000, shortest=0),
                "multiline": boolean,
                "min_length": integer(0, 3000),
                "max_length": integer(1, 3000),
            },
        ),
        _lengths_in_order,
    ),
    "number_input": shape(
        {**_ACTION_ID, "is_decimal_allowed": boolean},
        {**_TYPING, "initial_value": _NUMBER, "min_value": _NUMBER, "max_value": _NUMBER},
    ),
    "file_input": shape(_ACTION_ID, {"filetypes": items(string(32), 1, 100), "max_files": integer(1, 10)}),
    "email_text_input": shape(_ACTION_ID, {**_TYPING, "initial_value": string(3000)}),
    "image": both(shape({"alt_text": string(2000)}, IMAGE_FIELDS), one_source),
}


def some_elements(*kinds: str) -> Check:
    return typed({kind: ELEMENTS[kind] for kind in kinds}, "supported element")
