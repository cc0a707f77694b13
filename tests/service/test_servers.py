"""The embedded servers: they start from nothing, keep data, survive a pulled plug, and say what is in the way."""

import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from core.errors import Misconfigured
from sandbox.homes import Home, home_of, reachable_copy
from sandbox.servers import Servers, forget, start_postgres, start_servers, start_valkey
from sandbox.valkey import AT_ONCE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder in which the cluster exists already: making one is the slow part."""
    state = tmp_path_factory.mktemp("state")
    start_postgres(state, fast=True).stop()
    yield state
    forget(state)


def ask(url: str, query: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone() if query.startswith(("SELECT", "SHOW")) else None
        if row is None:
            connection.execute(query.encode())
        return str(row[0]) if row else ""


def test_first_start_makes_roles_database_and_closed_password_file(tmp_path: Path) -> None:
    state = tmp_path / "state"

    with start_servers(state, fast=True) as servers:
        roles = "FROM pg_roles WHERE rolname LIKE 'careloop%'"
        rights = "rolname, rolcanlogin, rolsuper, rolcreatedb, rolbypassrls"
        rights = f"SELECT string_agg(concat_ws(' ', {rights}), ', ' ORDER BY rolname) {roles}"
        assert ask(servers.superuser_url, rights) == "careloop_app t f f f, careloop_owner t f t f"
        assert ask(servers.database_url, "SELECT current_user || ' ' || current_database()") == "careloop_app careloop"
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'careloop'"
        assert ask(servers.owner_url, owner) == "careloop_owner"
        assert ask(servers.database_url, "SHOW server_version").startswith("18.")
        assert ask(servers.database_url, "SHOW timezone") == "UTC"
        assert ask(servers.database_url, "SHOW max_connections") == "200"
        assert (state / "passwords.json").stat().st_mode & 0o777 == 0o600
        for url in (servers.database_url, servers.owner_url, servers.superuser_url, servers.redis_url):
            assert "@127.0.0.1:" in url
            assert url not in repr(servers)

    forget(state)


def test_a_wrong_password_opens_neither_server(prepared: Path) -> None:
    with start_servers(prepared, fast=True) as servers:
        password = servers.database_url.split(":")[2].split("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(servers.database_url.replace(password, "guess"))

        port = int(servers.redis_url.split(":")[-1].split("/")[0])
        with redis.Redis(port=port, retry=AT_ONCE) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_data_survives_stop_and_pulled_plug(prepared: Path) -> None:
    table = f"kept_{secrets.token_hex(4)}"
    server = start_postgres(prepared)
    ask(server.owner_url, f"CREATE TABLE {table} AS SELECT 7 AS n")
    server.kill()

    server = start_postgres(prepared)
    after_kill = ask(server.owner_url, f"SELECT n FROM {table}")
    server.stop()
    server = start_postgres(prepared)
    after_stop = ask(server.owner_url, f"SELECT n FROM {table}")
    safe = ask(server.owner_url, "SHOW fsync")
    server.stop()

    assert (after_kill, after_stop, safe) == ("7", "7", "on")


def test_valkey_keeps_nothing_on_disk_and_flushes(prepared: Path) -> None:
    server = start_valkey(prepared)
    with redis.Redis.from_url(server.url) as client:
        client.set("bell", 1)
        server.flush()
        assert client.dbsize() == 0
        settings = {
            **client.config_get("save"),
            **client.config_get("appendonly"),
            **client.config_get("maxmemory-policy"),
        }
    assert settings == {"save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}

    server.kill()

    again = start_valkey(prepared)
    again.stop()
    again.stop()


def test_a_second_start_on_the_same_folder_is_refused_and_names_the_holder(prepared: Path) -> None:
    server = start_postgres(prepared, fast=True)

    with pytest.raises(Misconfigured, match=f"already runs .* {os.getpid()}"):
        start_postgres(prepared, fast=True)
    with pytest.raises(Misconfigured, match="already runs"):
        forget(prepared)

    server.stop()


@pytest.mark.parametrize("start", [start_postgres, start_valkey])
def test_a_taken_port_is_said(start: object, prepared: Path) -> None:
    assert callable(start)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(Misconfigured, match=f"Port {port} is in use"):
            start(prepared, port=port)


def test_a_stale_pid_file_with_a_reused_number_is_no_obstacle(prepared: Path) -> None:
    cluster = home_of(prepared).data / "postgres" / "cluster"
    bystander = subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"])
    (cluster / "postmaster.pid").write_text(f"{bystander.pid}\n{cluster}\n")

    start_postgres(prepared, fast=True).stop()

    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_lost_passwords_are_said_and_nothing_is_overwritten(prepared: Path) -> None:
    file = prepared / "passwords.json"
    kept = file.read_bytes()
    file.unlink()

    with pytest.raises(Misconfigured, match="--reset"):
        start_postgres(prepared, fast=True)

    file.write_bytes(kept)
    file.chmod(0o600)


SCRIPT = """
import sys
from pathlib import Path
from sandbox.valkey import AT_ONCE
from sandbox.servers import start_servers
servers = start_servers(Path(sys.argv[1]), fast=True)
print(servers.postgres.pid, servers.valkey.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only the Linux kernel can tie a child's life to its parent's")
def test_servers_end_with_a_process_that_is_killed_and_start_again(prepared: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(prepared)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout
    handles = [os.pidfd_open(int(pid)) for pid in starter.stdout.readline().split()]

    starter.send_signal(signal.SIGKILL)

    starter.communicate()
    assert ended(handles) == [True, True]
    with start_servers(prepared, fast=True) as servers:
        assert ask(servers.database_url, "SELECT 1") == "1"


def ended(handles: list[int]) -> list[bool]:
    seen = []
    for handle in handles:
        seen.append(bool(select.select([handle], [], [], 15)[0]))
        os.close(handle)
    return seen


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends an account to the servers")
def test_as_root_programs_in_a_closed_folder_are_copied_and_modes_stay(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "tools").mkdir(parents=True)
    closed.chmod(0o700)
    shutil.copy("/bin/true", closed / "tools" / "run")
    (closed / "tools" / "run").chmod(0o700)
    home = home_of(tmp_path / "state")
    assert isinstance(home, Home)

    usable = reachable_copy([closed / "tools"], probe="tools/run", home=home)

    assert usable.is_relative_to(home.data)
    assert (closed.stat().st_mode & 0o777, (closed / "tools" / "run").stat().st_mode & 0o777) == (0o700, 0o700)
    with home.log("run").open("wb") as log:
        assert home.spawn([usable / "tools" / "run"], signal_number=signal.SIGTERM, log=log).wait() == 0
    assert reachable_copy([closed / "tools"], probe="tools/run", home=home) == usable
    shutil.rmtree(home.data)


def test_both_start_or_neither(prepared: Path) -> None:
    holder = start_valkey(prepared)

    with pytest.raises(Misconfigured):
        start_servers(prepared, fast=True)

    holder.stop()
    servers: Servers = start_servers(prepared, fast=True)
    servers.stop()
