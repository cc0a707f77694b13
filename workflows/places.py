"""Where a patient may be: candidate zones and candidate states, two separate sets (compliance rule T3)."""

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from workflows.state_rules import code_of

_AREA_CODES = Path(__file__).with_name("area_codes.yaml")
_ZIPS = Path(__file__).with_name("zip_places.txt")

ALL_US_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
)


@dataclass(frozen=True, slots=True)
class Where:
    """What is known of a patient's place. `zip` may be ZIP+4, `state` a code or a name, `number` is E.164."""

    stated_zone: str | None
    zip: str | None
    state: str | None
    site_zone: str | None
    number: str


def candidates(where: Where) -> tuple[str, ...]:
    """The zone the patient stated, alone; else those of the address ZIP, the clinic's site and the area code.

    Empty when nothing usable is known. A zone name that IANA does not know makes the place unknown: a typing error
    must not open a window.
    """
    return _candidates(where.stated_zone, where.zip, where.site_zone, _area_code(where.number) or where.number)


@lru_cache(maxsize=8192)
def _candidates(stated: str | None, code: str | None, site: str | None, area: str) -> tuple[str, ...]:
    """`area`: a US area code, which many numbers share, or a whole number of another country."""
    if stated:
        return (stated,) if _exists(stated) else ()
    if site and not _exists(site):
        return ()
    return tuple(dict.fromkeys((*_zip_zones(code), *([site] if site else []), *_area_zones(area))))


def zones(where: Where) -> tuple[str, ...]:
    """Every zone whose window must be open, the likeliest first; all US zones incl. Hawaii when none is known (T3)."""
    return candidates(where) or ALL_US_ZONES


def states(where: Where) -> tuple[str, ...]:
    """Every state whose rules apply: address, ZIP and area code (FL and OK presume residency by area code, T2).

    A stated zone removes none of them.
    """
    return _states(where.state, where.zip, _area_code(where.number))


@lru_cache(maxsize=8192)
def _states(state: str | None, code: str | None, area: str | None) -> tuple[str, ...]:
    address = code_of(state) if state else None
    found = (address, *_zip_states(code), _states_by_area().get(area) if area else None)
    return tuple(dict.fromkeys(state for state in found if state))


@lru_cache(maxsize=512)
def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _zip_zones(code: str | None) -> tuple[str, ...]:
    return tuple(zone for zone, _ in _zip_rows(code[:5]) if zone and _exists(zone)) if code else ()


def _zip_states(code: str | None) -> tuple[str, ...]:
    return tuple(state for _, state in _zip_rows(code[:5]) if state) if code else ()


def _zip_rows(code: str) -> tuple[tuple[str | None, str | None], ...]:
    """(zone, state) of a five-digit ZIP; none for an unknown one."""
    if not re.fullmatch(r"[0-9]{5}", code):
        return ()
    kinds, of_code = _zips()
    return kinds[of_code[int(code)]]


@lru_cache(maxsize=1)
def _zips() -> tuple[list[tuple[tuple[str | None, str | None], ...]], Sequence[int]]:
    """What ZIPs have, and for each number which of it; the first is nothing. 200 kB: the package it is made from takes 38 MB."""
    kinds: list[tuple[tuple[str | None, str | None], ...]] = [()]
    of_code = array("H", bytes(200_000))
    for line in _ZIPS.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        said, _, ranges = line.partition(": ")
        kinds.append(tuple(_row(one) for one in said.split("+")))
        for span in ranges.split(","):
            first, _, last = span.partition("-")
            for code in range(int(first), int(last or first) + 1):
                of_code[code] = len(kinds) - 1
    return kinds, of_code


def _row(said: str) -> tuple[str | None, str | None]:
    zone, _, state = said.partition(" ")
    return (None if zone == "-" else zone, None if state == "-" else state)


def _area_code(number: str) -> str | None:
    match = re.fullmatch(r"\+1([2-9][0-9]{2})[0-9]{7}", number)
    return match[1] if match else None


def _area_zones(area: str) -> tuple[str, ...]:
    """Every zone the number's area code touches, not only its exchange's: ported numbers and border towns differ.

    Toll-free and other codes that are no place have none. A number of another country has what its prefix has.
    """
    return _foreign_zones(area) if area.startswith("+") else _zones_by_area().get(area, ())


@lru_cache(maxsize=1)
def _zones_by_area() -> dict[str, tuple[str, ...]]:
    from phonenumbers.tzdata import TIMEZONE_DATA

    found: dict[str, set[str]] = defaultdict(set)
    for prefix, names in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4:
            found[prefix[1:4]].update(name for name in names if _exists(name))
    return {code: tuple(sorted(names)) for code, names in found.items()}


@lru_cache(maxsize=4096)
def _foreign_zones(number: str) -> tuple[str, ...]:
    import phonenumbers
    from phonenumbers.timezone import time_zones_for_geographical_number

    if number.startswith("+1"):
        return ()
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ()
    return tuple(zone for zone in time_zones_for_geographical_number(parsed) if zone != "Etc/Unknown" and _exists(zone))


@lru_cache(maxsize=1)
def _states_by_area() -> dict[str, str]:
    by_state: dict[str, list[str]] = yaml.safe_load(_AREA_CODES.read_text("utf-8"))["states"]
    return {code: state for state, codes in by_state.items() for code in codes}
