"""The request log: every request that reached a simulated platform, with what became of it, and without secrets."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson

from connectors.sandbox.journal import Journal

MASK = "•••"
SECRET_FIELDS = frozenset({
    "password", "token", "access_token", "refresh_token", "client_secret", "client_assertion", "code",
    "code_verifier", "accessjwt", "refreshjwt", "csrf", "request_uri", "authfactortoken", "state",
    "appsecret_proof", "fb_exchange_token",
})  # fmt: skip
SECRET_HEADERS = frozenset({"authorization", "cookie", "dpop"})
KEPT = 20_000  # requests in memory; the file keeps all
LARGEST_BODY = 65_536


@dataclass(slots=True)
class LoggedRequest:
    """One request. Filled while it is served, written when it has ended."""

    at: str
    platform: str
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any
    account: str | None = None
    """The handle that the request acted for, where it proved one."""
    fault: str | None = None
    """The id of the fault that was applied to it."""
    outcome: str = "answered"
    """`answered`; `dropped`: the connection was closed without an answer; `crashed`: a bug of the sandbox."""
    status: int | None = None
    error: str | None = None
    """The platform's words, when it refused."""
    contract_violations: list[str] = field(default_factory=list)
    """Where the request breaks the platform's own specification."""
    checked: list[str] = field(default_factory=list)
    """What the request was checked against, as `platform: description`, e.g. `facebook: POST Page/feed`."""


class RequestLog:
    """All requests of one data folder; the last ones are in memory."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._recent: deque[dict[str, Any]] = deque(self._journal.lines(), maxlen=KEPT)
        self._seq = self._recent[-1]["seq"] if self._recent else 0

    def write(self, request: LoggedRequest) -> None:
        """Append a request that has ended."""
        self._seq += 1
        line = {"seq": self._seq, **asdict(request)}
        self._journal.append([line])
        self._recent.append(line)

    def find(
        self, *, platform: str | None = None, path: str | None = None, violations: bool = False, after: int = 0
    ) -> Iterator[dict[str, Any]]:
        """Requests in the order in which they ended; `violations` keeps only those that broke a specification."""
        for line in self._recent:
            if (
                line["seq"] > after
                and (platform is None or line["platform"] == platform)
                and (path is None or line["path"] == path)
                and (not violations or line["contract_violations"])
            ):
                yield line

    def checks(self) -> dict[str, int]:
        """How many checks against a description were made, by platform, among the requests in memory."""
        named = (check.partition(":")[0] for line in self._recent for check in line.get("checked", ()))
        return dict(Counter(named))

    def close(self) -> None:
        """Close the file."""
        self._journal.close()


def redact_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; of a credential only its scheme is kept."""
    shown: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in SECRET_HEADERS:
            scheme, space, _ = value.partition(" ")
            value = f"{scheme} {MASK}" if name == "authorization" and space else MASK
        shown[name] = value
    return shown


def redact_query(query: bytes) -> list[tuple[str, str]]:
    """The query's fields in order, secret values masked."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return [(name, MASK if name.lower() in SECRET_FIELDS else value) for name, value in pairs]


def redact_body(content_type: str, body: bytes) -> Any:
    """JSON and forms with secret values masked; of anything else, and of long bodies, the size and the SHA-256."""
    if not body:
        return None
    mime = content_type.partition(";")[0].strip().lower()
    if len(body) <= LARGEST_BODY:
        if mime == "application/json":
            try:
                return _masked(orjson.loads(body))
            except orjson.JSONDecodeError:
                pass
        if mime == "application/x-www-form-urlencoded":
            return dict(redact_query(body))
    return {"type": mime, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: MASK if name.lower() in SECRET_FIELDS and isinstance(inner, str) else _masked(inner)
            for name, inner in value.items()
        }
    return [_masked(item) for item in value] if isinstance(value, list) else value
