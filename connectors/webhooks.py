"""Incoming webhooks: how each platform greets, signs and speaks, as data over one verifier.

A platform is a `Receiver`: how its console proves our address, how deliveries are signed, where a delivery's id is,
and one pure parser `bytes -> notices`. A valid signature proves the platform and nothing else: whose account a notice
is about is found out afterwards, by the account's id or by the id of the person who granted access.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import orjson

from connectors.notices import Notice
from connectors.secret import Secret
from connectors.signatures import Delivery, SignatureScheme, Verdict, sign, verify


class Handshake(StrEnum):
    """How a platform proves that an address is ours."""

    HUB_CHALLENGE = "hub_challenge"
    """It sends the token that we gave it and a challenge, which is repeated."""
    CHALLENGE_CODE = "challenge_code"
    """It sends a code, which is answered with its HMAC under our secret."""


@dataclass(frozen=True, slots=True)
class Callback:
    """An address of its own for one kind of request, which carries its proof inside of the body."""

    open: Callable[[bytes, Sequence[Secret]], bytes | None]
    """The proven payload of a body; None where nothing proves it."""
    parse: Callable[[bytes], Sequence[Notice]]
    answers_with_code: bool = False
    """The platform wants a confirmation code and a page where the person reads what became of the request."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """One application at a platform, as a receiver of its webhooks."""

    key: str
    """Names the address (`/webhooks/<key>`)."""
    app: str
    """The operator's application that is told (`POSTD_APPS`)."""
    platforms: tuple[str, ...]
    """The platforms whose accounts it tells about."""
    handshake: Handshake
    schemes: tuple[SignatureScheme, ...]
    """How a delivery is signed; several where the platform is not of one mind. One that fits is enough."""
    parse: Callable[[bytes], Sequence[Notice]]
    id_header: str | None = None
    """The header with the delivery's id; None: there is none, and the digest of the body stands for it."""
    callbacks: Mapping[str, Callback] = field(default_factory=dict)
    """Further addresses below the receiver's own, by their last word."""
    stated: str | None = None
    """Name in the application's `extra` by which the operator says that the platform has our address; None: it is told
    by its verify token."""
    also_signed_by: tuple[str, ...] = ()
    """Other applications of the operator whose secrets may have signed, where the platform is not clear about it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handshake is answered with."""

    body: bytes
    media_type: str


_SANE_ID: Final = re.compile(r"[!-~]{1,200}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_.-]{1,256}")
# Nothing but a UUID is signed: an HMAC over a text of the caller's choice would sign forged deliveries for him.
_CHALLENGE_CODE: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CODE_SCHEME: Final = SignatureScheme("challenge-code")


def greet(
    receiver: Receiver, params: Mapping[str, str], verify_token: Secret | None, secrets: Sequence[Secret]
) -> Answer | None:
    """The answer to a handshake; None refuses it."""
    if receiver.handshake is Handshake.HUB_CHALLENGE:
        given, challenge = Secret(params.get("hub.verify_token", "")), params.get("hub.challenge", "")
        known = verify_token is not None and bool(verify_token) and given == verify_token
        if not known or params.get("hub.mode") != "subscribe" or not _CHALLENGE.fullmatch(challenge):
            return None
        return Answer(challenge.encode(), "text/plain")
    code = params.get("challengeCode", "")
    if not _CHALLENGE_CODE.fullmatch(code) or not secrets:
        return None
    response = sign(_CODE_SCHEME, secrets[0], Delivery({}, code.encode()))
    return Answer(orjson.dumps({"challengeCode": code, "challengeResponse": response}), "application/json")


def proven(receiver: Receiver, delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> Verdict:
    """Whether the platform sent this delivery. Every scheme and secret is tried, whatever the outcome."""
    verdicts = [verify(scheme, delivery, secrets, now) for scheme in receiver.schemes]
    return Verdict.VALID if Verdict.VALID in verdicts else verdicts[0]


def delivery_key(receiver: Receiver, delivery: Delivery) -> str:
    """What makes a delivery the same one: the platform's id of it, else the digest of its body."""
    given = delivery.headers.get(receiver.id_header, "") if receiver.id_header else ""
    return f"id:{given}" if _SANE_ID.fullmatch(given) else f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"
