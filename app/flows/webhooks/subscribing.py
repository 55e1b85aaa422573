"""Give Meta our address for webhooks: it takes one over its API, for pages and for Instagram accounts.

Promise: the platform asks the address before it answers, so that a success means that deliveries find us. Nothing is
stored here. Other platforms take an address in their consoles only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.flows.runtime import Runtime
from app.flows.webhooks.senders import unready
from app.kernel.errors import InvalidInput
from connectors.faults import PlatformFault
from connectors.meta.subscriptions import OBJECTS, subscribe_app
from connectors.meta.webhooks import META
from connectors.secret import Secret

PLATFORM: Final = "facebook"
"""Whose pool of connections is used."""
REACHABLE: Final = "The API must run and be reachable at POSTD_PUBLIC_URL, over https, while Meta asks it."


async def subscribe_meta(rt: Runtime) -> Sequence[str]:
    """Give Meta our address; gives the kinds of objects that are told from now on.

    Raises:
        InvalidInput: the application is not set up here, or Meta did not take the address.
    """
    app = rt.settings.apps.get(META.app)
    if app is None or app.verify_token is None:
        raise InvalidInput("Meta's application is not set up here.", hint=unready(rt.settings, META.key) or "", path=())
    address, cx = f"{rt.settings.public_url}/webhooks/{META.key}", rt.connector_context(PLATFORM)
    for about in OBJECTS:
        try:
            await subscribe_app(cx, about, address, Secret(app.verify_token.get_secret_value()))
        except PlatformFault as error:
            words = f" It said: {error.fault.words}" if error.fault.words else ""
            message = f"Meta did not take {address} for {about}: {error.fault.message}{words}"
            raise InvalidInput(message, hint=REACHABLE, path=()) from error
    return tuple(OBJECTS)
