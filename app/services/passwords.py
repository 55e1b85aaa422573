"""Passwords: what is kept of one, and whether one is right. argon2id, off the event loop, two at a time.

The promise: an answer about a person who does not exist takes as long as one about a person who does. Parameters are
19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet, "Argon2id". A hash of other parameters still
counts and is said to be outdated, so that it is replaced when its password is known again.
"""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.kernel.errors import InvalidInput
from connectors.secret import Secret

SHORTEST: Final = 12
LONGEST: Final = 256

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_THREADS: Final = ThreadPoolExecutor(2, thread_name_prefix="passwords")
"""Each hash holds memory and a core: a crowd that signs in waits here and takes neither from others."""
_NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$RE6eqEZRxtIPc9ogaVwQDw$8d3LEBUS211fRhnQBLRo95X9wuEsi7XcAQJVFeHWZrs"
"""Stands in where nobody has a password: nothing is known that has this hash."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a comparison."""

    right: bool
    outdated: bool = False
    """The password is right and should be hashed anew."""


def acceptable(password: Secret, address: str, path: tuple[str, ...] = ("input", "password")) -> Secret:
    """A password that may be chosen, in the form that is hashed.

    Raises:
        InvalidInput: it is too short, too long, or the person's own address.
    """
    chosen = _form(password)
    if not SHORTEST <= len(chosen) <= LONGEST:
        raise InvalidInput(
            f"A password has {SHORTEST} to {LONGEST} characters.",
            hint="Take a sentence, or let your browser make one.",
            path=path,
        )
    if chosen.casefold() in {address.casefold(), address.casefold().partition("@")[0]}:
        raise InvalidInput("The password is your address.", hint="Choose one that nobody can guess.", path=path)
    return Secret(chosen)


async def hashed(password: Secret) -> str:
    """What is kept of a password."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, _form(password))


async def compared(password: Secret, kept: str | None) -> Checked:
    """Whether this is the password of which `kept` was kept; in about the same time where there is none."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _compare, password, kept)


def _compare(password: Secret, kept: str | None) -> Checked:
    known = _NOBODY if kept is None else kept
    form = _form(password)
    try:
        # What is longer than any password is not worth hashing, whoever is meant.
        right = len(form) <= LONGEST and _HASHER.verify(known, form)
    except (VerificationError, InvalidHashError):
        right = False
    if not right or kept is None:
        return Checked(right=False)
    return Checked(right=True, outdated=_HASHER.check_needs_rehash(kept))


def _form(password: Secret) -> str:
    # NIST SP 800-63B section 3.1.1.2: two keyboards may write one letter in two ways.
    return unicodedata.normalize("NFKC", password.reveal())
