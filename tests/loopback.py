"""A scripted vendor on loopback: says what it is told to, remembers what it was asked."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Says:
    """One answer; `cut` drops the connection without a word, `hang` waits until the server closes."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: bool = False
    hang: bool = False


class Vendor:
    """Answers with `script` in order (the last one again and again), or with what `reply` makes of a request."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: list[Says] = []
        self.reply: Callable[[Asked], Says] | None = None
        self.url = ""
        self.ended = threading.Event()
        self._lock = threading.Lock()

    def says(self, *answers: Says) -> None:
        self.script = list(answers)

    def answer(self, asked: Asked) -> Says:
        with self._lock:
            self.asked.append(asked)
            if self.reply is not None:
                return self.reply(asked)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def vendor() -> Iterator[Vendor]:
    """Run a `Vendor` on a free port for the length of a test."""
    played = Vendor()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(played))
    server.daemon_threads = True
    played.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield played
    finally:
        played.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that refuses every connection: bound, never listening."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def _handler(played: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            says = played.answer(Asked(self.command, self.path, dict(self.headers.items()), body))
            if says.hang:
                played.ended.wait(20)
            if says.cut or says.hang:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            self._write(says)

        def _write(self, says: Says) -> None:
            content = says.raw if says.raw is not None else b"" if says.body is None else json.dumps(says.body).encode()
            self.send_response(says.status)
            for name, value in {"Content-Type": "application/json", **says.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815  http.server looks for these names

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
