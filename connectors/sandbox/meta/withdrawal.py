"""A person takes back what an application may do, in Meta's own settings: the application is told, and its tokens end.

Source: https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow#deauth-callback and, for the
form, https://developers.facebook.com/docs/reference/login/signed-request
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from urllib.parse import urlencode

import orjson

from connectors.sandbox.meta.hosts import App
from connectors.sandbox.outbound import this_machine


def signed_request(app: App, person: str, at: int) -> str:
    """What Meta says about a person, signed for the application. `at`: seconds since 1970."""
    said = orjson.dumps({"algorithm": "HMAC-SHA256", "issued_at": at, "user_id": person})
    payload = _url_safe(said)
    return f"{_url_safe(hmac.digest(app.secret.encode(), payload.encode(), 'sha256'))}.{payload}"


async def tell(app: App, person: str, at: int, callback: str) -> int:
    """Send the application's deauthorize callback what it has to know; gives the status that it answered."""
    form = urlencode({"signed_request": signed_request(app, person, at)}).encode()
    async with this_machine() as http:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return (await http.send("POST", callback, content=form, headers=headers)).status


def _url_safe(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
