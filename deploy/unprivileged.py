"""Run a program as another account: PostgreSQL refuses to run as root, and rightly.

Run as a script by root: ``unprivileged.py UID GID REACH [REACH…] -- COMMAND…``. It becomes UID and then, in the same
process, the command. It imports only what Python itself brings.

The account must reach the program and its data (each REACH). Where a folder above them is root's alone (a checkout in
/root, a private temporary folder), changing that folder's mode is not ours to do, and copying binaries and data
elsewhere would leave data where nobody looks for it. Instead the process keeps one of root's capabilities,
CAP_DAC_OVERRIDE, as an ambient one: it passes folders as root would and is otherwise the other account, also to
PostgreSQL's own test. Where every REACH can be reached without it, it keeps none.
"""

import ctypes
import os
import struct
import sys

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAP_DAC_OVERRIDE = 1
_CAP_SETPCAP = 8
_CAPABILITY_VERSION_3 = 0x20080522


def become(uid: int, gid: int, reach: list[str]) -> None:
    """Be *uid* and *gid* from here on, with CAP_DAC_OVERRIDE if a folder of *reach* is closed to them.

    Raises:
        OSError: the system does not lend the capability.
    """
    linux = sys.platform == "linux"
    libc = ctypes.CDLL(None, use_errno=True)
    if linux:
        _call(libc.prctl, _PR_SET_KEEPCAPS, 1, 0, 0, 0)  # until the exec
    os.setgroups([])
    os.setregid(gid, gid)
    os.setreuid(uid, uid)
    # access(2) looks with the account's own rights: kept capabilities do not count, and end at the exec.
    if not linux or all(os.access(folder, os.R_OK | os.X_OK) for folder in reach):
        return
    _hold(libc, 1 << _CAP_DAC_OVERRIDE | 1 << _CAP_SETPCAP)
    # initdb and postgres look for their own files with access(2), which passes over capabilities but for this bit.
    _call(libc.prctl, _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    _hold(libc, 1 << _CAP_DAC_OVERRIDE)
    _call(libc.prctl, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def _hold(libc: ctypes.CDLL, capabilities: int) -> None:
    """Of what is permitted keep these alone: effective, permitted, inheritable; first the lower 32, then the upper."""
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _call(libc.capset, header, struct.pack("6I", capabilities, capabilities, capabilities, 0, 0, 0))


def _call(function: "ctypes._NamedFuncPointer", *arguments: "int | bytes") -> None:
    if function(*(ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def main(arguments: list[str]) -> None:
    """Read the command line, become the account, become the command."""
    cut = arguments.index("--")
    uid, gid, *reach = arguments[:cut]
    command = arguments[cut + 1 :]
    try:
        become(int(uid), int(gid), reach)
    except OSError as error:
        sys.exit(
            f"account {uid} cannot enter {' or '.join(reach)}, and root may not let it pass here ({error.strerror}): "
            "use folders that every account may enter, or start the house as a plain user"
        )
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
