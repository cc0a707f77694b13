"""Where we are willing to send patient data: https anywhere, plain http to this machine only."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from core.errors import Misconfigured


def is_loopback(host: str | None) -> bool:
    """True for names and addresses that never leave this machine."""
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def checked_base_url(url: str, *, setting: str) -> SplitResult:
    """Take a vendor's base address apart, or say which setting is wrong: https, or http on loopback.

    A trailing slash is dropped from the path. Raises `Misconfigured`.
    """
    fix = f"Set {setting} to an https address such as https://host.example/path (http only for localhost)"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Misconfigured(f"{setting} is not an address", fix=fix) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured(f"{setting} is not a web address", fix=fix)
    if parts.username is not None or parts.query or parts.fragment:
        raise Misconfigured(f"{setting} may not hold a user, a query or a fragment", fix=fix)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Misconfigured(f"{setting} is plain http to another machine", fix=fix)
    return parts._replace(path=parts.path.rstrip("/"))
