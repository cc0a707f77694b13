"""Where the embedded servers keep their data, and as whom they run.

PostgreSQL refuses to run as root. Then both servers run as an existing unprivileged account, in a folder of their own
outside of root's closed folders. Only folders made here change owner, and no existing mode is touched.
"""

import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import Misconfigured

ACCOUNT = "nobody"
OUTSIDE = Path("/var/tmp")  # noqa: S108 - a folder of ours, owned by root, is made in it and checked


@dataclass(frozen=True)
class Home:
    """`state` keeps passwords, locks and logs; the servers' account writes under `data`. Equal unless run as root."""

    state: Path
    data: Path
    user: int = -1
    group: int = -1

    def own(self, name: str) -> Path:
        """A folder in `data` that only the servers' account may enter; made on first use."""
        folder = self.data / name
        if not folder.exists():
            folder.mkdir(mode=0o700)
            self.give(folder)
        return folder

    def give(self, path: Path) -> None:
        """Hand something made here to the servers' account."""
        if self.user >= 0:
            os.chown(path, self.user, self.group)

    def log(self, name: str) -> Path:
        """The file that collects what a server says; it holds no statement text."""
        folder = self.state / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"{name}.log"

    def password(self, name: str) -> str:
        """A random password, made once and kept in `passwords.json` (mode 0600)."""
        file = self.state / "passwords.json"
        known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        if name not in known:
            known[name] = secrets.token_urlsafe(24)
            fresh = file.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                json.dump(known, out)
            fresh.replace(file)
        return known[name]

    def knows(self, name: str) -> bool:
        """Whether a password was made before: data without its password cannot be opened."""
        file = self.state / "passwords.json"
        return file.exists() and name in json.loads(file.read_text())

    def lock(self, server: str) -> IO[str]:
        """Hold the server's folder until closed or until this process ends.

        Raises Misconfigured when a living process holds it: two servers must never share one data folder.
        """
        file = (self.state / f"{server}.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise Misconfigured(
                f"Careloop already runs from {self.state} (process {holder})",
                fix="Stop that one first, or name another state folder.",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file

    def spawn(
        self, command: Sequence[str | Path], *, signal_number: int, log: IO[bytes], stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start a server as the servers' account; the kernel sends it `signal_number` when the calling thread ends.

        It gets a session of its own (Ctrl-C is for us to handle) and a bare environment (no preloaded libraries).
        """
        launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py")), str(os.getpid())]
        return subprocess.Popen(
            [*launcher, str(signal_number), str(self.user), str(self.group), *map(str, command)],
            stdin=stdin,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=self.data,
            env=dict(BARE),
            start_new_session=True,
        )


BARE: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def home_of(state: Path) -> Home:
    """The home that belongs to a state folder; the same folder gives the same home on every run.

    Raises Misconfigured when root has no account to lend, or somebody else made our folder first.
    """
    state = state.resolve()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Home(state=state, data=state)
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise Misconfigured(
            f"PostgreSQL does not run as root, and there is no account '{ACCOUNT}'", fix="Run as an ordinary user."
        ) from None
    data = OUTSIDE / f"careloop-{hashlib.sha256(os.fsencode(state)).hexdigest()[:16]}"
    if not data.exists():
        data.mkdir(mode=0o755)
        data.chmod(0o755)  # whatever the umask is
    found = data.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0:
        raise Misconfigured(f"{data} belongs to somebody else", fix="Remove it, or name another state folder.")
    return Home(state=state, data=data, user=account.pw_uid, group=account.pw_gid)


def reachable(path: Path, home: Home) -> bool:
    """Whether the servers' account may enter every folder above `path`, and read and run the file itself."""
    if home.user < 0:
        return True
    path = path.resolve()
    enter = all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)
    return enter and path.stat().st_mode & 0o005 == 0o005


def reachable_copy(folders: Sequence[Path], *, probe: str, home: Home) -> Path:
    """The parent of `folders` as the servers' account can use it: where they are, or a copy in the home, made once.

    `folders` are siblings that belong together; `probe` is the program in them that must run, relative to their parent.
    """
    parent = folders[0].parent
    program = parent / probe
    if reachable(program, home):
        return parent
    mark = hashlib.sha256(f"{parent}:{program.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    target = home.data / f"install-{mark}"
    if not target.exists():
        unfinished = home.data / f"install-{mark}.{os.getpid()}"
        for folder in folders:
            shutil.copytree(folder, unfinished / folder.name, symlinks=True)
        for path in [unfinished, *unfinished.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o044 | (0o011 if path.is_dir() or path.stat().st_mode & 0o100 else 0))
        unfinished.rename(target)
    return target


def forget(state: Path) -> None:
    """Remove the data and passwords that belong to a state folder. Raises Misconfigured while a server runs there."""
    home = home_of(state)
    held = [home.lock(server) for server in ("postgres", "valkey")]
    names = ["postgres", "valkey"] if home.data == home.state else []
    for name in names:
        shutil.rmtree(home.data / name, ignore_errors=True)
    if not names:
        shutil.rmtree(home.data)
    (home.state / "passwords.json").unlink(missing_ok=True)
    for lock in held:
        lock.close()
