"""Run as a script: start both servers, write their addresses, and hold them until the test run (a process id) is over.

A process of its own, because the run is shared by several pytest workers and any of them may finish first: the script ends once the
servers are up, and the fork of it that holds them stays.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(host: int, folder: Path) -> int:
    """Until the host's servers answer; 1 when it ended instead."""
    while not (folder / "addresses.json").exists():
        if os.waitpid(host, os.WNOHANG)[0]:
            return 1
        time.sleep(0.02)
    return 0


def main(folder: Path, run: int) -> None:
    from sandbox.servers import forget, start_servers

    over = []

    def end(number: int, frame: FrameType | None) -> None:
        over.append(number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is pytest's, which then tells us
    with start_servers(folder / "state", fast=True) as servers:
        addresses = {
            "owner": servers.owner_url,
            "app": servers.database_url,
            "superuser": servers.superuser_url,
            "redis": servers.redis_url,
        }
        fresh = folder / "addresses.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(addresses))
        fresh.rename(folder / "addresses.json")
        while not over and alive(run):
            time.sleep(0.1)
    forget(folder / "state")
    if not over:  # the run was killed and cannot tidy up
        shutil.rmtree(folder)
        return
    (folder / "host.over").touch()  # our process id may stay behind as a zombie where nobody collects it


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    home = Path(sys.argv[1])
    if holder := os.fork():
        sys.exit(wait_for(holder, home))
    (home / "host.pid").write_text(str(os.getpid()))
    main(home, int(sys.argv[2]))
