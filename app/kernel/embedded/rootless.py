"""Leaves root: finds an identity under which PostgreSQL agrees to run.

For root the servers run as the owner of the data, for new data as `nobody`. Where that user cannot reach the programs
or the data (say both lie in a private home), they run in a user namespace. No user is added and no folder opened.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

from app.kernel.embedded.faults import OWN_SERVERS, EmbeddedError
from app.kernel.embedded.folder import Folder
from app.kernel.embedded.identity import OURSELVES, Identity
from app.kernel.embedded.processes import run

REACHES = 'test -w "$2" && test -w "$3" && "$0" --version && "$1" --version'
"""Shell: both data folders can be written and both programs run."""


def identity_for(folder: Folder, postgres: Path, valkey: Path) -> Identity:
    """Give the identity of both servers, and hand their folders over to it. Raises EmbeddedError if there is none."""
    for directory in (folder.postgres, folder.valkey):
        directory.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid():
        return OURSELVES
    refusal: Exception | None = None
    for uid, gid, identity in candidates(folder):
        try:
            for path in (folder.postgres, folder.valkey, folder.password):
                os.chown(path, uid, gid)
            run(identity, "sh", "-c", REACHES, postgres, valkey, folder.postgres, folder.valkey)
        except (OSError, subprocess.SubprocessError, EmbeddedError) as error:
            refusal = error
        else:
            return identity
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and no other user reaches both {postgres} and {folder.root} ({refusal}). "
        f"Run the command as an ordinary user, or move the project out of a private folder. {OWN_SERVERS}"
    )


def candidates(folder: Folder) -> Iterator[tuple[int, int, Identity]]:
    """Give the identities to try, as owner and group of the data and how to start; data keeps its owner."""
    nobody = pwd.getpwnam("nobody")
    namespace = ("unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
    owner = folder.postgres.stat()
    uid, gid = (owner.st_uid, owner.st_gid) if folder.initialised.exists() else (nobody.pw_uid, nobody.pw_gid)
    if uid:
        yield uid, gid, Identity(user=uid, group=gid)
    if not uid or not folder.initialised.exists():
        yield 0, 0, Identity(prefix=namespace)
