"""Faults that a test or a demo orders, applied to matching requests of a simulated platform.

    before the platform acts              after it has acted
    ------------------------              ------------------
    hold        wait to be released       hold_answer       wait to be released, then answer
    delay       wait some seconds         drop_after_effect close the connection, no answer
    drop_before_effect                    error_after_effect answer with an error status
                close, do nothing         wrong_json        answer 200 with a body that is not documented
    status      answer with a status      drip              send the answer byte by byte
    expire_token the token dies first

A fault matches by platform, method, path (shell pattern) and the handle of the account whose token the request
carries. `skip` lets that many matching requests pass; `times` ends it after so many hits (null: never).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any


class FaultKind(StrEnum):
    """What is done to a request."""

    HOLD = "hold"
    DELAY = "delay"
    DROP_BEFORE_EFFECT = "drop_before_effect"
    STATUS = "status"
    EXPIRE_TOKEN = "expire_token"  # noqa: S105 -- the name of a fault
    HOLD_ANSWER = "hold_answer"
    DROP_AFTER_EFFECT = "drop_after_effect"
    ERROR_AFTER_EFFECT = "error_after_effect"
    WRONG_JSON = "wrong_json"
    DRIP = "drip"


class Release(StrEnum):
    """How a held request goes on."""

    ACT = "act"
    DROP = "drop"


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "skip": (lambda value: type(value) is int and value >= 0, "a whole number, 0 or more"),
    "times": (
        lambda value: value is None or (type(value) is int and value >= 1),
        "a whole number, 1 or more, or null for always",
    ),
    "seconds": (lambda value: type(value) in (int, float) and value >= 0, "a number, 0 or more"),
    "status": (lambda value: type(value) is int and 200 <= value <= 599, "an HTTP status from 200 to 599"),
    "headers": (
        lambda value: isinstance(value, dict) and all(isinstance(item, str) for item in value.values()),
        "an object of text",
    ),
    "path": (lambda value: isinstance(value, str), "a shell pattern"),
}


@dataclass(frozen=True, slots=True)
class FaultOrder:
    """What was ordered: which requests, and what happens to them."""

    kind: FaultKind
    platform: str | None = None
    method: str | None = None
    path: str = "*"
    account: str | None = None
    skip: int = 0
    times: int | None = 1
    seconds: float = 1.0
    """`delay`: how long; `drip`: between two bytes."""
    status: int = 500
    """`status` and `error_after_effect`."""
    headers: dict[str, str] = field(default_factory=dict)
    """`status`, `error_after_effect`, `wrong_json`: more headers of the answer, e.g. Retry-After."""
    body: Any = None
    """The answer's body: text is sent as it stands, anything else as JSON; null: what the platform would say."""

    @staticmethod
    def of(body: Mapping[str, Any]) -> FaultOrder:
        """Read an order from JSON. Raises ValueError with a sentence that says what is wrong."""
        known = {item.name for item in fields(FaultOrder)}
        if unknown := sorted(set(body) - known):
            raise ValueError(f"unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
        if body.get("kind") not in list(FaultKind):
            raise ValueError(f"kind is one of {', '.join(FaultKind)}")
        for name, (fits, words) in _RULES.items():
            if name in body and not fits(body[name]):
                raise ValueError(f"{name} is {words}")
        return FaultOrder(**{**body, "kind": FaultKind(body["kind"])})

    def matches(self, platform: str, method: str, path: str, account: str | None) -> bool:
        """Whether a request is meant."""
        return (
            self.platform in (None, platform)
            and self.method in (None, method)
            and self.account in (None, account)
            and fnmatchcase(path, self.path)
        )


@dataclass(slots=True)
class Fault:
    """An order with what has become of it."""

    id: str
    order: FaultOrder
    seen: int = 0
    """Requests that matched, including those that were let pass."""
    hits: int = 0
    held: int = 0
    """Requests that wait for their release at this moment."""
    released: Release | None = None

    @property
    def armed(self) -> bool:
        """Whether it can still hit a request."""
        return self.released is None and (self.order.times is None or self.hits < self.order.times)

    def as_json(self) -> dict[str, Any]:
        """The form in which the control API shows it."""
        state = {"id": self.id, "armed": self.armed, "seen": self.seen, "hits": self.hits, "held": self.held}
        return state | {"released": self.released, **asdict(self.order)}


class FaultBoard:
    """All faults that were ordered; the first armed one that matches a request is applied to it."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._number = 0
        self._changed = asyncio.Event()

    def order(self, order: FaultOrder) -> Fault:
        """Arm a fault."""
        self._number += 1
        fault = Fault(f"f{self._number}", order)
        self._faults[fault.id] = fault
        return fault

    def get(self, fault_id: str) -> Fault | None:
        """A fault by its id."""
        return self._faults.get(fault_id)

    def all(self) -> list[Fault]:
        """Every fault in the order in which they were ordered."""
        return list(self._faults.values())

    def take(self, platform: str, method: str, path: str, account: str | None) -> Fault | None:
        """The fault for a request, counted as a hit; None: the request is served as usual."""
        for fault in self._faults.values():
            if fault.armed and fault.order.matches(platform, method, path, account):
                fault.seen += 1
                if fault.seen > fault.order.skip:
                    fault.hits += 1
                    fault.held += fault.order.kind in (FaultKind.HOLD, FaultKind.HOLD_ANSWER)
                    self._tell()
                    return fault
        return None

    async def wait_for_release(self, fault: Fault) -> Release:
        """Hold a request that `take` gave this fault to, until `release` or `clear`."""
        while fault.released is None:
            await self._changed.wait()
        fault.held -= 1
        self._tell()
        return fault.released

    async def wait_for_hits(self, fault: Fault, hits: int) -> None:
        """Return once the fault has hit that many requests, or is gone."""
        while fault.hits < hits and fault.id in self._faults:
            await self._changed.wait()

    def release(self, fault: Fault, how: Release) -> None:
        """Let go of every request that the fault holds, and end the fault."""
        fault.released = how
        self._tell()

    def drop(self, fault: Fault, how: Release = Release.ACT) -> None:
        """Forget a fault; requests that it holds go on as `how` says."""
        self._faults.pop(fault.id, None)
        if fault.released is None:
            self.release(fault, how)

    def clear(self, how: Release = Release.ACT) -> None:
        """Forget every fault; requests that are held go on as `how` says."""
        for fault in self.all():
            self.drop(fault, how)

    def _tell(self) -> None:
        """Wake everyone who waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()
