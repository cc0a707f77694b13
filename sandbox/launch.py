"""Run as a script: become the given account, tie our life to the parent's, then become the command.

A script of its own instead of `preexec_fn`, which is unsafe once the parent has threads. Standard library only.
Arguments: parent pid, number of the signal to get when the parent dies, user id, group id (-1: stay), command.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int, signal_number: int) -> None:
    """Linux only: elsewhere the caller's exit hook is what stops the child."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above could take effect
        sys.exit(1)


def become(user: int, group: int) -> None:
    """Drop root for good; changing the user clears the death signal, so this comes first."""
    if user < 0:
        return
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


if __name__ == "__main__":
    become(int(sys.argv[3]), int(sys.argv[4]))
    end_with_parent(int(sys.argv[1]), int(sys.argv[2]))
    os.execv(sys.argv[5], sys.argv[5:])
