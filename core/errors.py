"""The five ways things go wrong. Raised in services and integrations; caught only in edge, http, jobs, mllp and cli."""

from datetime import datetime


class CareloopError(Exception):
    """Whatever Careloop raises on purpose."""


class Refused(CareloopError):
    """A person asked for something that may not be done; `say` tells them why and what is true now.

    `say` never holds patient text: it is shown in Slack and on pages, and logged.
    """

    def __init__(self, say: str) -> None:
        super().__init__(say)
        self.say = say


class Temporary(CareloopError):
    """It did certainly not happen, and may work later (throttled, host unreachable).

    `retry_after_s` is the wait the other side asked for, in seconds of machine time; None means our own back-off. `silent` names the
    vendor that gave no clear answer at all; `throttled` when it asks for fewer calls.
    """

    def __init__(
        self,
        why: str,
        *,
        retry_after_s: float | None = None,
        retry_at: datetime | None = None,
        silent: str = "",
        throttled: bool = False,
    ) -> None:
        super().__init__(why)
        self.throttled = throttled
        self.silent = silent
        self.retry_after_s = retry_after_s
        self.retry_at = retry_at


class Permanent(CareloopError):
    """It did not happen and never will as asked; a person must look. `code` is the vendor's own code, when it has one."""

    def __init__(self, why: str, *, code: str = "") -> None:
        super().__init__(why)
        self.code = code


class Unknown(CareloopError):
    """It may have happened. Never repeat it blindly: look it up, or ask a person. `silent` names the vendor that gave no clear answer."""

    def __init__(self, why: str, *, silent: str = "") -> None:
        super().__init__(why)
        self.silent = silent


class Conflict(Permanent):
    """Somebody else changed the record first (HTTP 409 or 412): re-read and decide again."""


class Misconfigured(CareloopError):
    """A setting is missing or wrong; `fix` says where it is set and what to write there. `code` is the vendor's word, when it has one."""

    def __init__(self, what: str, *, fix: str, code: str = "") -> None:
        super().__init__(f"{what}. {fix}")
        self.what = what
        self.fix = fix
        self.code = code
