"""Twilio's error codes as data: what each one means for the patient's plan."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_TABLE = Path(__file__).with_name("twilio_errors.yaml")


class Where(StrEnum):
    """Where a code was met."""

    CREATE = "create"
    CALLBACK = "callback"
    INBOUND = "inbound"


class Action(StrEnum):
    """What follows from a code."""

    OPTED_OUT = "opted_out"
    INVALID_NUMBER = "invalid_number"
    NOT_TEXTABLE = "not_textable"
    BAD_NUMBER = "bad_number"
    SOFT_OPT_OUT = "soft_opt_out"
    PAUSE_COUNTRY = "pause_country"
    HALT_CHANNEL = "halt_channel"
    BREAK_LOOP = "break_loop"
    SLOW_DOWN = "slow_down"
    NEXT_WINDOW = "next_window"
    LOOK_IT_UP = "look_it_up"
    RETRY_LATER = "retry_later"
    REVIEW_TEMPLATE = "review_template"
    SEND_TEMPLATE = "send_template"
    ALERT = "alert"
    ASK_A_PERSON = "ask_a_person"
    NEXT_CHANNEL = "next_channel"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do and what to tell staff; the same text may go again `retries` times, `wait_s` seconds apart."""

    action: Action
    say: str
    retries: int = 0
    wait_s: int | None = None


def meaning(code: str | int | None, where: Where | str) -> Meaning:
    """Look a code up; an unlisted one is final: a person looks (create) or the next channel is tried (callback)."""
    listed, unlisted = _tables()
    here = Where(where)
    return listed.get((str(code), here)) or unlisted[here]


@cache
def _tables() -> tuple[dict[tuple[str, Where], Meaning], dict[Where, Meaning]]:
    table = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    listed = {
        (code, Where(where)): _row(rule) for rule in table["rules"] for code in rule["codes"] for where in rule["where"]
    }
    return listed, {Where(where): _row(rule) for where, rule in table["unlisted"].items()}


def _row(rule: dict[str, Any]) -> Meaning:
    return Meaning(Action(rule["action"]), rule["say"], retries=rule.get("retries", 0), wait_s=rule.get("wait_s"))
