"""Pictures under a message: one message in its thread with all of them, once; and when Slack takes none, one line that says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from bot.blocks import Message
from bot.files import DIRECT, NO_FILE, Held
from bot.gateway import NOT_SHOWN, Gateway
from bot.pictures.paper import Picture
from core import log
from core.errors import Misconfigured, Permanent, Temporary, Unknown
from handlers.deps import Deps
from storage import outbox
from storage.outbox import Leased
from workflows import native_charts

HELD = "files"
"""Where the promise keeps the files' ids: a share whose answer was lost is asked about by them, and not made again."""
AT_ONCE = 2
"""Native charts in one message."""
LOOKS = 8
"""Slack looks through files before it shows them; after so many looks we leave it to Slack."""
LOOK_AFTER_S = 1.0
NO_PLACE = frozenset({"channel_not_found", "not_in_channel", "is_archived", "thread_not_found"})
NO_UPLOADS = "missing_scope"
SORRY = "The charts could not be shown here ({why}). The numbers above are complete."
WHY = {
    NO_UPLOADS: "the app may not upload files yet: an admin updates it from its manifest",
    "file_uploads_disabled": "this workspace takes no files",
    "file_uploads_except_images_disabled": "this workspace takes no such files",
    "storage_limit_reached": "this workspace has no room for files",
    "file_upload_size_restricted": "this workspace takes smaller files only",
}


@dataclass(frozen=True, slots=True)
class Place:
    """The thread of a message; for a person the channel is their direct message (`Gateway.direct`). `about` is ids only."""

    channel: str
    thread_ts: str
    about: str


def show(deps: Deps, org: UUID, row: Leased, place: Place, *, draw: Callable[[], Sequence[Picture]]) -> None:
    """Show the pictures in the thread, once however often it is tried. No transaction may be open: it draws and talks to Slack.

    Temporary while Slack still looks through them. The message above stands already, whatever becomes of these.
    """
    slack = deps.vendors.slack(org)
    try:
        if _stand(slack, place, row.payload.get(HELD, ""), attempts=row.attempts):
            return
        left = _native(deps, org, row, place, pictures=draw())
        if not left:
            return
        held = [Held(slack.hold(f"chart-{n}.png", one.png, alt=one.alt), one.title) for n, one in enumerate(left, 1)]
        with deps.db.begin(org=org) as session:
            outbox.note(session, row, **{HELD: ",".join(file.id for file in held)})
        slack.share(held, place.channel, thread_ts=place.thread_ts)
    except Unknown as error:
        raise Temporary("the pictures may be there; they are looked for first", retry_after_s=LOOK_AFTER_S) from error
    except (Permanent, Misconfigured) as error:
        _sorry(slack, place, error.code, error)
        return
    raise Temporary("Slack looks through the pictures", retry_after_s=LOOK_AFTER_S)


def _stand(slack: Gateway, place: Place, held: str, *, attempts: int) -> bool:
    """Whether an earlier try is through; Temporary while it is not clear yet."""
    if not held:
        return False
    where = [slack.whereabouts(file_id, place.channel) for file_id in held.split(",")]
    if "shown" in where:  # one message shows them all; one that is gone from it was taken away by somebody
        return True
    if "coming" not in where:
        return False  # shared with nobody: it goes again, from the start
    if attempts > LOOKS:
        log.get().warning("pictures.unseen", count=len(where), attempts=attempts)
        return True
    raise Temporary("Slack looks through the pictures", retry_after_s=LOOK_AFTER_S)


def _native(deps: Deps, org: UUID, row: Leased, place: Place, *, pictures: Sequence[Picture]) -> list[Picture]:
    """Slack's own charts, where they are wanted and taken, two a message; what is left to be shown as pictures."""
    with deps.db.begin(org=org) as session:
        wanted = native_charts.wanted(session)
    charts = [one for one in pictures if one.native] if wanted else []
    slack = deps.vendors.slack(org)
    for first in range(0, len(charts), AT_ONCE):
        about = f"{place.about}:charts:{first}"
        if row.attempts > 1 and _said(slack, place, about):
            continue
        message = Message("Charts", tuple(block for one in charts[first : first + AT_ONCE] for block in one.native))
        try:
            slack.post(place.channel, message, metadata={"case_id": about}, thread_ts=place.thread_ts)
        except Permanent as error:
            if error.code not in NOT_SHOWN:
                raise
            with deps.db.begin(org=org) as session:
                native_charts.refused(session)
            return list(pictures)
    return [one for one in pictures if one not in charts]


def _said(slack: Gateway, place: Place, about: str) -> bool:
    """Whether this line of ours stands in the thread. What is said to one person is not ours to read, and a second line does no harm."""
    if place.channel.startswith(DIRECT):
        return False
    return slack.find_reply(place.channel, place.thread_ts, about) is not None


def _sorry(slack: Gateway, place: Place, code: str, error: Permanent | Misconfigured) -> None:
    """Say in the thread that there are no charts, and why, once; where nothing can be said, or the token is at fault, the lane decides."""
    if code == NO_FILE:
        raise Temporary("Slack lost a picture on the way; they go again") from error
    if code in NO_PLACE or (isinstance(error, Misconfigured) and code != NO_UPLOADS):
        raise error
    log.get().error("pictures.refused", code=code)
    about = f"{place.about}:no_charts"
    if not _said(slack, place, about):
        said = SORRY.format(why=WHY.get(code, "Slack does not take them"))
        slack.post(place.channel, Message(said, ()), metadata={"case_id": about}, thread_ts=place.thread_ts)
