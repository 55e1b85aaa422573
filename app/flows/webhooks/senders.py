"""Who may send: a receiver with the secrets of the operator's application at that platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from app.domain.connections.errors import UnknownPlatform
from app.kernel.settings import Settings
from connectors.receivers import RECEIVERS
from connectors.secret import Secret
from connectors.webhooks import Receiver


@dataclass(frozen=True, slots=True)
class Sender:
    """A platform that may send, with what it proves itself by."""

    receiver: Receiver
    secrets: Sequence[Secret]
    """What it may have signed with, newest first."""
    verify_token: Secret | None


def sender(settings: Settings, key: str) -> Sender:
    """The platform behind `/webhooks/<key>`.

    Raises:
        UnknownPlatform: there is no such receiver, or the operator has set no application for it.
    """
    receiver = RECEIVERS.get(key)
    app = settings.apps.get(receiver.app) if receiver is not None else None
    if receiver is None or app is None:
        raise UnknownPlatform(
            "This installation takes no webhooks here.",
            hint=f"Operators: set POSTD_APPS__{receiver.app.upper()}__CLIENT_ID and ..._CLIENT_SECRET."
            if receiver is not None
            else "",
        )
    apps = [app, *(settings.apps[other] for other in receiver.also_signed_by if other in settings.apps)]
    secrets = [secret for one in apps for secret in one.webhook_secrets or (one.client_secret,)]
    return Sender(receiver, [_secret(one) for one in secrets], _secret(app.verify_token) if app.verify_token else None)


def unready(settings: Settings, key: str) -> str | None:
    """What the operator has to do before a platform can tell us anything; None where that is done.

    Raises:
        KeyError: there is no such receiver.
    """
    receiver = RECEIVERS[key]
    app, variable = settings.apps.get(receiver.app), f"POSTD_APPS__{receiver.app.upper()}"
    if app is None:
        return f"Set {variable}__CLIENT_ID and ..._CLIENT_SECRET."
    if receiver.stated is None:
        return None if app.verify_token else f"Set {variable}__VERIFY_TOKEN and give the platform our address."
    if receiver.stated not in app.extra:
        return f"Add our address to the application there, then set {variable}__EXTRA__{receiver.stated.upper()}."
    return None


def _secret(given: SecretStr) -> Secret:
    return Secret(given.get_secret_value())
