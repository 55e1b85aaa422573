"""Takes secrets out of everything that is shown, logged or stored for people to read.

Three doors, one rule: `redact` for nested values, `redact_text` for free text, `redact_url` for addresses. A value is
hidden because of its *name* (token, secret, password, code, ...) or because of its *shape* (a bearer header, a JWT, an
API key of ours). Hiding too much is a nuisance, hiding too little is a breach: in doubt it is hidden. All three are
idempotent, take linear time and never raise on odd input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote_plus

from connectors.secret import MASK, Secret

DEEPEST: Final = 24
"""Nesting below this depth is hidden as a whole: no platform's answer is that deep."""

_SECRET_PARTS: Final = (
    "token",
    "secret",
    "authorization",
    "cookie",
    "password",
    "passwd",
    "passphrase",
    "signature",
    "verifier",
    "dpop",
    "assertion",
    "apikey",
    "privatekey",
    "credential",
    "jwt",
)
_SECRET_NAMES: Final = frozenset(
    {"code", "authcode", "devicecode", "usercode", "sig", "hmac", "nonce", "state", "pin", "otp", "dsn", "ticket"}
)
_HARMLESS: Final = frozenset(
    {
        "tokentype",
        "tokenendpoint",
        "tokenendpointauthmethod",
        "tokenendpointauthmethodssupported",
        "tokenendpointauthsigningalg",
        "tokenendpointauthsigningalgvaluessupported",
        "dpopboundaccesstokens",
        "dpopsigningalgvaluessupported",
        "idtokensigningalgvaluessupported",
    }
)
_PRIVATE_JWK: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

_WORDS: Final = (
    r"token|secret|authorization|cookie|password|passwd|passphrase|signature|verifier|dpop|assertion"
    r"|api[_-]?key|private[_-]?key|credential|jwt"
)
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"?|\'(?:[^\'\\]|\\.)*\'?|\\+["\'][^"\'\\]*'
_BARE: Final = r"[^\s&;,\"'<>{}\[\]]+"
_EDGE: Final = r"(?<![A-Za-z0-9_-])"


def _named(match: re.Match[str]) -> str:
    """Hide the value of `name=value`, and leave names that only sound secret."""
    if _flat(match["name"]) in _HARMLESS:
        return match[0]
    value = match["value"]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{match['lead']}{quote}{MASK}{quote}"


_Replacement = str | Callable[[re.Match[str]], str]

# Each line: words of which one must be in the lower-case text (a cheap test that spares the search), pattern, result.
_SHAPES: Final[tuple[tuple[tuple[str, ...], re.Pattern[str], _Replacement], ...]] = (
    (("postd_",), re.compile(r"(postd_(?:live|at|rt|cs)_)[A-Za-z0-9_]+"), rf"\1{MASK}"),
    (("eyj",), re.compile(_EDGE + r"eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,4}"), MASK),
    (("whsec_",), re.compile(r"whsec_[A-Za-z0-9+/=_-]+"), f"whsec_{MASK}"),
    (("bearer", "dpop"), re.compile(_EDGE + r"(?i:(bearer|dpop)\s+)[A-Za-z0-9._~+/=:|-]{6,}"), rf"\1 {MASK}"),
    (("basic",), re.compile(_EDGE + r"(?i:(basic)\s+)[A-Za-z0-9+/=_-]{16,}"), rf"\1 {MASK}"),
    (("://",), re.compile(r"://[^\s/?#@]{1,512}@"), f"://{MASK}@"),
    (("/bot",), re.compile(r"/bot\d+:[A-Za-z0-9_-]+"), f"/bot{MASK}"),
    (("/services/",), re.compile(r"/services/T[A-Z0-9]+/[A-Za-z0-9/]+"), f"/services/{MASK}"),
    (("/webhooks/",), re.compile(r"/webhooks/(\d+)/[A-Za-z0-9_-]+"), rf"/webhooks/\1/{MASK}"),
    (
        ("authorization",),
        re.compile(rf"(?P<lead>{_EDGE}(?P<name>(?i:(?:proxy-)?authorization))\s*:\s*)(?P<value>[^\s\"'][^\r\n\"']*)"),
        _named,
    ),
    (
        ("cookie",),
        re.compile(rf"(?P<lead>{_EDGE}(?P<name>(?i:(?:set-)?cookie))\s*:\s*)(?P<value>[^\s\"'][^\r\n\"']*)"),
        _named,
    ),
    (
        (*_SECRET_PARTS, "api_key", "api-key", "private_key", "private-key"),
        re.compile(
            rf"(?P<lead>{_EDGE}(?P<name>[\w-]{{0,40}}?(?i:{_WORDS})[\w-]{{0,40}})\\{{0,3}}[\"']?\s*(?:[=:]|%3[Dd])\s*)"
            rf"(?P<value>{_QUOTED}|{_BARE})"
        ),
        _named,
    ),
    (
        ("code", "sig", "hmac", "nonce", "state", "otp"),
        re.compile(
            rf"(?P<lead>(?:{_EDGE}|(?<=%3F)|(?<=%26))(?P<name>(?i:code|sig|hmac|nonce|state|otp))(?:=|%3[Dd]|[\"']\s*:\s*(?=[\"'])))"
            rf"(?P<value>{_QUOTED}|{_BARE})"
        ),
        _named,
    ),
)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether what bears this name is hidden. Case, `-`, `_` and blanks do not matter."""
    flat = _flat(name)
    return flat in _SECRET_NAMES or (flat not in _HARMLESS and any(part in flat for part in _SECRET_PARTS))


def redact(value: Any) -> Any:
    """A copy of a nested value without secrets. Mappings become dicts, sequences lists; bytes are only counted."""
    return _redact(value, DEEPEST)


def redact_text(text: str) -> str:
    """The text without what looks like a secret."""
    lower = text.lower()
    for words, pattern, replacement in _SHAPES:
        for word in words:  # not `any`: a generator costs more than the search
            if word in lower:
                text = pattern.sub(replacement, text)
                break
    return text


def redact_url(url: str) -> str:
    """The address without user information and without secret parameters, in the query or in the fragment."""
    head, mark, fragment = url.partition("#")
    path, question, query = head.partition("?")
    return f"{redact_text(path)}{question}{_redact_pairs(query)}{mark}{_redact_pairs(fragment)}"


def _flat(name: str) -> str:
    return name.replace("-", "").replace("_", "").replace(" ", "").lower()


def _redact(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Secret):
        return MASK
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if depth == 0:
        return MASK
    if isinstance(value, Mapping):
        key_pair = "kty" in value
        return {key: _redact_item(key, item, key_pair=key_pair, depth=depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | AbstractSet):
        return [_redact(item, depth - 1) for item in value]
    return value


def _redact_item(key: object, item: Any, *, key_pair: bool, depth: int) -> Any:
    if not isinstance(key, str) or item is None or isinstance(item, bool):
        return _redact(item, depth)
    if key_pair and key in _PRIVATE_JWK:
        return MASK
    if not is_secret_name(key):
        return _redact(item, depth)
    # A platform's error code is a number under the name of an authorization code.
    return item if isinstance(item, int | float) and _flat(key) in _SECRET_NAMES else MASK


def _redact_pairs(query: str) -> str:
    return "&".join(_redact_pair(pair) for pair in query.split("&")) if query else ""


def _redact_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if equals and value and is_secret_name(unquote_plus(name)):
        return f"{name}={MASK}"
    return redact_text(pair)
