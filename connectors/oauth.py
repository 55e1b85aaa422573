"""OAuth 2 as data: a platform states an `OAuthSpec`, one client does the talking.

Covers what platforms do and where they deviate: scopes joined by something else than a blank, other parameter names,
PKCE or none, a client without a secret, with one, or with a signing key (RFC 7523), pushed requests (RFC 9126), DPoP
(RFC 9449), refresh tokens that rotate or do not, tokens without an end. State, cookie and issuer are checked by the
application before a connector sees a callback.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from connectors.contract import AppCredentials, Revocation, Tokens
from connectors.dpop import DpopCaller
from connectors.faults import HINTS, Fault, FaultKind, FaultRule, PlatformFault
from connectors.oauth_faults import oauth_fault
from connectors.oauth_tokens import TokenAnswer, read_tokens
from connectors.secret import Secret
from connectors.signing_keys import key_id, sign
from connectors.transport import Answer, Transport

_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS: Final = 60


class ClientAuth(StrEnum):
    """How our client proves itself at the token endpoint."""

    NONE = "none"
    """A public client: its id only."""
    SECRET_POST = "client_secret_post"  # noqa: S105 -- the name of a method, not a password
    """The client secret in the form."""
    PRIVATE_KEY_JWT = "private_key_jwt"
    """An assertion signed with our key; `AppCredentials.client_secret` holds the private JWK."""


@dataclass(frozen=True, slots=True)
class OAuthSpec:
    """One authorization server, as far as we need to know it."""

    authorize: str
    token: str
    revoke: str | None = None
    par: str | None = None
    """Where authorization requests are pushed to; None: they go into the address."""
    issuer: str | None = None
    """The server's own name; the audience of assertions, the token endpoint where it is None."""
    client_auth: ClientAuth = ClientAuth.SECRET_POST
    pkce: bool = True
    scope_separator: str = " "
    client_id_param: str = "client_id"
    extra: Mapping[str, str] = field(default_factory=dict)
    """More parameters of the authorization request."""
    rules: tuple[FaultRule, ...] = ()
    """The server's own error codes, before the standard ones."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a user is asked to agree to."""

    redirect_uri: str
    state: Secret
    scopes: tuple[str, ...]
    verifier: Secret | None = None
    """From `new_verifier()`: kept sealed until the callback, while its challenge goes out with the user."""
    login_hint: str | None = None


def new_verifier() -> Secret:
    """A fresh PKCE verifier (RFC 7636 §4.1): 64 characters from 384 random bits."""
    return Secret(secrets.token_urlsafe(48))


def code_challenge(verifier: Secret) -> str:
    """The S256 challenge of a verifier (RFC 7636 §4.2): a stolen code is worth nothing without the verifier."""
    digest = hashlib.sha256(verifier.reveal().encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorization_params(spec: OAuthSpec, app: AppCredentials, request: AuthorizationRequest) -> dict[str, str]:
    """The parameters of an authorization request (RFC 6749 §4.1.1). Raises ValueError where PKCE is forgotten."""
    if spec.pkce and request.verifier is None:
        raise ValueError("this server's requests carry a PKCE challenge: give a verifier from new_verifier()")
    params = {
        "response_type": "code",
        spec.client_id_param: app.client_id,
        "redirect_uri": request.redirect_uri,
        "scope": spec.scope_separator.join(request.scopes),
        "state": request.state.reveal(),
    }
    if spec.pkce and request.verifier is not None:
        params |= {"code_challenge": code_challenge(request.verifier), "code_challenge_method": "S256"}
    if request.login_hint:
        params["login_hint"] = request.login_hint
    return {**params, **spec.extra}


def authorization_url(spec: OAuthSpec, app: AppCredentials, request: AuthorizationRequest) -> str:
    """The address to send the user to."""
    return _with_query(spec.authorize, authorization_params(spec, app, request))


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Our client at one authorization server. Every method raises `PlatformFault`; none has an effect on posts."""

    spec: OAuthSpec
    app: AppCredentials
    http: Transport
    now: Callable[[], datetime]
    dpop: DpopCaller | None = None
    """Where tokens are bound to a key: the caller that signs the proofs."""

    async def pushed_url(self, request: AuthorizationRequest) -> str:
        """Push the request (RFC 9126), then give the address to send the user to."""
        if self.spec.par is None:
            raise ValueError("this server takes no pushed requests")
        answer = await self._post(self.spec.par, authorization_params(self.spec, self.app, request))
        said = answer.json()
        reference = said.get("request_uri") if isinstance(said, dict) else None
        if not isinstance(reference, str):
            kind = FaultKind.UNEXPECTED_ANSWER
            message = "The platform took the authorization request, but gave no reference to it."
            raise PlatformFault(Fault(kind, message, hint=HINTS[kind], status=answer.status))
        params = {self.spec.client_id_param: self.app.client_id, "request_uri": reference}
        return _with_query(self.spec.authorize, params)

    async def exchange_code(
        self, code: Secret, redirect_uri: str, *, verifier: Secret | None = None, scopes: Sequence[str] = ()
    ) -> TokenAnswer:
        """Turn a code into tokens (RFC 6749 §4.1.3); `scopes` are those asked for, if the server does not say."""
        form = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": redirect_uri}
        if verifier is not None:
            form["code_verifier"] = verifier.reveal()
        return self._tokens(await self._post(self.spec.token, form), scopes=scopes)

    async def refresh(self, tokens: Tokens) -> TokenAnswer:
        """Fresh tokens (RFC 6749 §6); what the answer leaves out (refresh token, scopes, extra) is kept."""
        if tokens.refresh is None:
            kind = FaultKind.AUTH_EXPIRED
            raise PlatformFault(Fault(kind, "There is no refresh token for this account.", hint=HINTS[kind]))
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh.reveal()}
        return self._tokens(await self._post(self.spec.token, form), previous=tokens)

    async def revoke(self, tokens: Tokens) -> Revocation:
        """Tell the server to forget the grant (RFC 7009). A token that it does not know any more is fine."""
        if self.spec.revoke is None:
            return Revocation(told=False, why="The server has no address at which an access is ended.")
        if tokens.refresh is not None:
            form = {"token": tokens.refresh.reveal(), "token_type_hint": "refresh_token"}
        else:
            form = {"token": tokens.access.reveal(), "token_type_hint": "access_token"}
        try:
            await self._post(self.spec.revoke, form)
        except PlatformFault as fault:
            if fault.fault.code not in {"invalid_token", "invalid_grant"}:
                raise
        return Revocation()

    def _tokens(self, answer: Answer, *, previous: Tokens | None = None, scopes: Sequence[str] = ()) -> TokenAnswer:
        return read_tokens(
            answer.json(),
            self.now(),
            previous=previous,
            scopes=scopes,
            separator=self.spec.scope_separator,
            bound=self.dpop is not None,
        )

    async def _post(self, url: str, form: Mapping[str, str]) -> Answer:
        full = {**form, **self._credentials()}
        headers = {"accept": "application/json"}
        if self.dpop is None:
            answer = await self.http.send("POST", url, headers=headers, form=full)
        else:
            answer = await self.dpop.send(self.http, "POST", url, headers=headers, form=full)
        if not answer.ok:
            raise oauth_fault(answer, self.now(), self.spec.rules)
        return answer

    def _credentials(self) -> dict[str, str]:
        client = {self.spec.client_id_param: self.app.client_id}
        if self.spec.client_auth is ClientAuth.NONE:
            return client
        if self.app.client_secret is None:
            raise ValueError(f"{self.spec.client_auth.value} needs a client secret")
        if self.spec.client_auth is ClientAuth.SECRET_POST:
            return {**client, "client_secret": self.app.client_secret.reveal()}
        return {
            **client,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(self.app.client_secret),
        }

    def _assertion(self, key: Secret) -> str:
        """A signed statement of who we are (RFC 7523 §3), new for every request."""
        issued = int(self.now().timestamp())
        claims = {
            "iss": self.app.client_id,
            "sub": self.app.client_id,
            "aud": self.spec.issuer or self.spec.token,
            "jti": secrets.token_urlsafe(16),
            "iat": issued,
            "exp": issued + _ASSERTION_SECONDS,
        }
        return sign(key, {"typ": "JWT", "kid": key_id(key)}, claims)


def _with_query(url: str, params: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"
