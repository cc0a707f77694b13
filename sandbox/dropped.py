"""How a local vendor hangs up: the connection is cut, and the client never reads a status line."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class DroppedConnection(Response):
    """Cut the TCP connection instead of answering, as a crashed vendor or a broken network would.

    Needs uvicorn (its `receive` is bound to the object that owns the transport); any other server or a middleware
    that wraps `receive` gets a ConnectionAbortedError, so that a fault which could not be played is not silent.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionAbortedError("the server offers no transport to cut")
        transport.abort()
        await asyncio.sleep(0)  # let uvicorn learn of it, or it complains about a missing answer
