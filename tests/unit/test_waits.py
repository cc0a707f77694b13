"""Retry-After in both its forms."""

import httpx
import pytest

from integrations.waits import retry_after_s


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "12"}, 12),
        ({"Retry-After": "Sun, 22 Nov 2026 17:00:30 GMT", "Date": "Sun, 22 Nov 2026 17:00:00 GMT"}, 30),
        ({"Retry-After": "Sun, 22 Nov 2026 17:00:30 GMT", "Date": "Sun, 22 Nov 2026 18:00:00 GMT"}, 0),
        ({"Retry-After": "Sun, 22 Nov 2026 17:00:30 GMT"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "-1"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_in_seconds_or_not_known(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after_s(httpx.Headers(list(headers.items()), encoding="utf-8")) == wait
