"""The public keys of issuers, fetched from where they publish them, and kept.

An issuer is asked when its keys are old, or when a token names a key that is not among them; never more often than
every `PAUSE`, whatever tokens come, and by one task at a time. While it cannot be reached, the keys that were fetched
last still count for `LAST`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from app.services.tokens import Keys, key_set

FRESH: Final = 600.0
"""Seconds for which keys are used without another look."""
PAUSE: Final = 30.0
"""Seconds between two questions to one issuer, also where the first was answered with an error."""
LAST: Final = 86_400.0
"""Seconds for which keys count that cannot be fetched anew."""

Fetch = Callable[[], Awaitable[Any]]
"""Gives the document with the keys (RFC 7517 section 5), read as JSON."""
_log = structlog.get_logger(__name__)


class KeysUnavailable(Exception):
    """The issuer's keys cannot be had now: nobody can tell whether its tokens are genuine."""


@dataclass(slots=True)
class _Kept:
    keys: Keys | None = None
    fetched: float = 0.0
    asked: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def wants(self, key_id: str | None, now: float) -> bool:
        """Whether the issuer should be asked, and may be."""
        if self.asked is not None and now - self.asked < PAUSE:
            return False
        return self.keys is None or now - self.fetched > FRESH or not _holds(self.keys, key_id)


class KeySets:
    """The keys that one process knows."""

    def __init__(self) -> None:
        self._known: dict[str, _Kept] = {}

    async def get(self, url: str, key_id: str | None, fetch: Fetch, now: float) -> Keys:
        """The keys of an issuer; `now` is a clock that only goes forward, in seconds.

        Raises:
            KeysUnavailable: none are known.
        """
        kept = self._known.setdefault(url, _Kept())
        if kept.wants(key_id, now):
            async with kept.lock:
                if kept.wants(key_id, now):  # nobody else has asked meanwhile
                    await self._ask(url, kept, fetch, now)
        if kept.keys is None or now - kept.fetched > LAST:
            raise KeysUnavailable
        return kept.keys

    async def _ask(self, url: str, kept: _Kept, fetch: Fetch, now: float) -> None:
        kept.asked = now
        try:
            document = await fetch()
            keys = key_set(document["keys"])
        except Exception as error:  # noqa: BLE001 -- whatever the issuer does, what we know still counts
            _log.warning("tokens.keys_not_fetched", url=url, error=repr(error))
            return
        if keys:
            kept.keys, kept.fetched = keys, now
        else:
            _log.warning("tokens.keys_not_fetched", url=url, error="there is no key for signatures among them")


def _holds(keys: Keys, key_id: str | None) -> bool:
    return key_id is None or any(key.kid == key_id for key in keys)
