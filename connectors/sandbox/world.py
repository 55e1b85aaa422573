"""What the simulated platforms share: a clock, switches, the ledger, tables, uploads, limits, logs and faults."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from connectors.sandbox.blobs import BlobStore
from connectors.sandbox.faults import FaultBoard
from connectors.sandbox.ledger import Ledger
from connectors.sandbox.limits import Windows
from connectors.sandbox.request_log import RequestLog
from connectors.sandbox.tables import Tables


@dataclass(frozen=True, slots=True)
class Switches:
    """What an operator or a test can change while the sandbox runs."""

    rate_limits: bool = True
    """Whether the platforms' limits per account are enforced."""
    session_limit: bool = True
    """Whether Bluesky limits logins with a password to 30 in 5 minutes."""
    media_processing: str = "video"
    """Which uploads Mastodon, LinkedIn and Meta process after they took them: `video`, `always` or `never`."""
    media_polls: int = 1
    """How often they say "still processing" before a file is ready."""
    posts_per_day: int = 100
    """How many posts Instagram lets an account publish in 24 hours."""
    access_seconds: int = 0
    """Lifetime of access tokens of Bluesky and LinkedIn; 0: the platform's own (2 hours, by OAuth 1 hour; 60 days)."""


class World:
    """One data folder with everything in it. Open it once; `close` it before another process does."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.tables = Tables(data_dir / "state.jsonl")
        self.ledger = Ledger(data_dir / "ledger.jsonl")
        self.requests = RequestLog(data_dir / "requests.jsonl")
        self.blobs = BlobStore(data_dir / "blobs")
        self.faults = FaultBoard()
        self.windows = Windows()
        self.switches = Switches(**(self.tables.get("settings", "switches") or {}))
        self._ahead = timedelta(seconds=(self.tables.get("settings", "clock") or {}).get("ahead", 0))
        self._last_micros = 0

    def now(self) -> datetime:
        """The platforms' time: the machine's, plus what `advance` has added."""
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> datetime:
        """Move the platforms' clock forward; remembered over a restart."""
        self._ahead += timedelta(seconds=seconds)
        self.tables.put("settings", "clock", {"ahead": self._ahead.total_seconds()})
        return self.now()

    def next_micros(self) -> int:
        """Microseconds since 1970, larger at each call: what ids are made from."""
        self._last_micros = max(self._last_micros + 1, int(self.now().timestamp() * 1_000_000))
        return self._last_micros

    def change(self, **changes: Any) -> Switches:
        """Change switches; raises ValueError for an unknown name or a wrong type. Remembered over a restart."""
        for name, value in changes.items():
            now = getattr(self.switches, name, None)
            if now is None or type(now) is not type(value):
                raise ValueError(f"{name} is no switch or has another type; the switches are {asdict(self.switches)}")
        self.switches = replace(self.switches, **changes)
        self.tables.put("settings", "switches", asdict(self.switches))
        return self.switches

    def signing_key(self, name: str) -> bytes:
        """A random key of 32 bytes that stays the same for this data folder."""
        row = self.tables.get("keys", name)
        if row is None:
            row = {"hex": secrets.token_hex(32)}
            self.tables.put("keys", name, row)
        return bytes.fromhex(row["hex"])

    def close(self) -> None:
        """Close the files. No request may be under way any more."""
        self.tables.close()
        self.ledger.close()
        self.requests.close()


class Platform(Protocol):
    """A simulated platform, as the gate and the control API use it."""

    name: str

    def application(self, first: Sequence[BaseRoute]) -> Starlette:
        """The platform as an ASGI application, with more routes before its own."""
        ...

    def identify(self, headers: Mapping[str, str]) -> str | None:
        """The handle that a request's token belongs to, whether or not it is still valid."""
        ...

    def expire(self, headers: Mapping[str, str]) -> None:
        """Make the access token of this request expire now."""
        ...

    def refusal(self, status: int) -> dict[str, Any]:
        """The platform's usual body of an error answer with that status."""
        ...

    def add_account(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create an account and tell how to log in. Raises ValueError where the handle is taken or malformed."""
        ...

    def change_account(self, handle: str, status: str) -> dict[str, Any]:
        """Set an account's status. Raises KeyError for an unknown handle, ValueError for an unknown status."""
        ...

    def grant(self, handle: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Tokens for an account without a consent page. Raises KeyError for an unknown handle."""
        ...

    def consent(self, url: str, handle: str, *, allow: bool) -> str:
        """Answer a consent page without a browser and give the callback's address. Raises ValueError, KeyError."""
        ...

    def forget_tokens(self, handle: str) -> None:
        """End every session of an account, as a change of its password does. Raises KeyError for an unknown handle."""
        ...


Addresses = Callable[[], str]
"""Gives the platform's own base URL; known only once its port is bound."""
