"""Files in Slack: read what people handed over, and show pictures in a channel, in the three steps that Slack asks for."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.web_api import VENDOR, WebApi, text_of
from core.errors import Permanent, Temporary

TOO_LARGE = "too_large"
NO_FILE = "file_not_found"
DIRECT = "D"
"""What a direct message's channel begins with: the app may not read what is said there."""
Whereabouts = Literal["shown", "coming", "unshared"]


@dataclass(frozen=True, slots=True)
class Held:
    """A file that Slack has and nobody sees yet. `title` stands over it: no patient's name, as in nothing that a file is called."""

    id: str
    title: str


class Files(WebApi):
    """The part of the gateway that knows files."""

    def file_bytes(self, file_id: str, *, most: int) -> bytes:
        """The content of a file that somebody handed over in a form; Permanent when it is gone, larger than `most` bytes, or not there.

        The token goes to Slack's own host alone, and no redirect is followed: without the right they lead to a sign-in page.
        """
        import httpx  # only who reads files needs it

        known = self._call("files.info", {"file": file_id}, form=True).get("file")
        found: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
        address = str(found.get("url_private_download") or found.get("url_private") or "")
        if not self._is_slacks(address):
            raise Permanent("files.info: no address of Slack's", code="no_address")
        if int(found.get("size") or 0) > most:
            raise Permanent("the file is too large", code=TOO_LARGE)
        headers = {"Authorization": f"Bearer {self._slack.token}"}
        try:
            with (
                httpx.Client(timeout=self._slack.timeout, trust_env=False, proxy=self._slack.proxy) as client,
                client.stream("GET", address, headers=headers) as answer,
            ):
                if answer.status_code != 200:
                    raise Permanent(f"file: HTTP {answer.status_code}", code="not_handed_over")
                return _at_most(answer.iter_bytes(), most)
        except httpx.HTTPError as error:
            raise Temporary(f"file: no clear answer ({type(error).__name__})") from None

    def direct(self, account: str) -> str:
        """The direct message with a person, as a channel: unlike words, files go to nobody by their account."""
        opened = self._call("conversations.open", {"users": account}, form=True).get("channel")
        return text_of(opened if isinstance(opened, Mapping) else {}, "id")

    def hold(self, name: str, content: bytes, *, alt: str) -> str:
        """Give a picture's bytes to Slack and return the file's id. Nobody sees it before `share`, so doing it twice does no harm."""
        asked = {"filename": name, "length": len(content), "alt_txt": alt}
        answer = self._call("files.getUploadURLExternal", asked, form=True)
        address, file_id = text_of(answer, "upload_url"), text_of(answer, "file_id")
        if not self._is_slacks(address):
            raise Permanent("files.getUploadURLExternal: no address of Slack's", code="no_address")
        self._send(address, content)
        return file_id

    def share(self, files: Sequence[Held], channel: str, *, thread_ts: str | None = None, comment: str = "") -> None:
        """Show held files in a channel, all in one message, in this order; Slack finishes after it has answered: see `whereabouts`.

        Raises Unknown when no clear answer came: ask `whereabouts` before sharing again. Permanent `file_not_found` when one is gone.
        """
        asked: dict[str, Any] = {"files": json.dumps([{"id": file.id, "title": file.title} for file in files])}
        asked |= {"channel_id": channel}
        asked |= ({"thread_ts": thread_ts} if thread_ts else {}) | ({"initial_comment": comment} if comment else {})
        self._call("files.completeUploadExternal", asked, form=True, repeatable=False)

    def whereabouts(self, file_id: str, channel: str) -> Whereabouts:
        """Whether a file stands in a channel: Slack looks through it first, and until then knows neither its kind nor its place."""
        try:
            known = self._call("files.info", {"file": file_id}, form=True).get("file")
        except Permanent as error:
            if error.code != NO_FILE:
                raise
            return "unshared"
        found: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
        shares = found.get("shares")
        places = [place for kind in shares.values() for place in kind] if isinstance(shares, Mapping) else []
        return "shown" if channel in places and found.get("mimetype") else "coming"

    def _send(self, address: str, content: bytes) -> None:
        """The bytes as they are, without our token: the address itself is the permit."""
        import httpx  # only who sends files needs it

        try:
            with httpx.Client(timeout=self._slack.timeout, trust_env=False, proxy=self._slack.proxy) as client:
                answer = client.post(address, content=content, headers={"Content-Type": "application/octet-stream"})
        except httpx.HTTPError as error:
            raise Temporary(f"upload: no clear answer ({type(error).__name__})", silent=VENDOR) from None
        if answer.status_code != 200:
            raise Temporary(f"upload: HTTP {answer.status_code}")

    def _is_slacks(self, address: str) -> bool:
        parts, ours = urlsplit(address), urlsplit(self._slack.base_url)
        host = parts.hostname or ""
        same = (parts.scheme, host, parts.port) == (ours.scheme, ours.hostname, ours.port)
        return same or (parts.scheme == "https" and host.endswith(".slack.com"))


def _at_most(chunks: Iterator[bytes], most: int) -> bytes:
    """All of it, or Permanent as soon as it is more than was said."""
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise Permanent("the file is too large", code=TOO_LARGE)
    return body
