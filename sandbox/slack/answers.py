"""How the Web API says no."""

from typing import Any


class ApiError(Exception):
    """One of Slack's own error words; `extra` is merged into the answer, `headers` and `status` into the response."""

    def __init__(self, error: str, *, status: int = 200, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.headers = headers or {}
        self.extra = extra

    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.extra}


def ratelimited(wait_s: float) -> ApiError:
    """HTTP 429 with the whole seconds to wait, at least one, as Slack rounds them up."""
    whole = max(1, int(wait_s) + (wait_s > int(wait_s)))
    return ApiError("ratelimited", status=429, headers={"Retry-After": str(whole)})


def refused_blocks(error: str, complaints: list[str]) -> ApiError:
    return ApiError(
        error,
        errors=complaints,
        response_metadata={"messages": [f"[ERROR] {complaint}" for complaint in complaints]},
    )
