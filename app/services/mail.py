"""Hand one mail to the operator's mail server.

The promise: a return means that the server has taken the mail; `Refused` that it never will, `Unreached` that it has
not, as far as anybody can tell. What SMTP cannot promise: where the connection is lost after the mail and before the
answer, the server may have it all the same. Then it goes out again, under the same Message-ID, by which many mail
programs show one of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from app.kernel import ids
from app.kernel.settings import Settings

TIMEOUT: Final = 20.0
"""Seconds for each step of the conversation."""
_PERMANENT: Final = range(500, 600)


class Refused(Exception):
    """The server will not take this mail, now or later."""


class Unreached(Exception):
    """The server was not reached, or asks to try again later."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a mail says."""

    to: str
    subject: str
    text: str
    html: str


def message(written: Written, sender: str, mail_id: UUID) -> EmailMessage:
    """The mail as it goes over the wire; the same for the same id, whenever it is made."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, written.to, written.subject
    made["Date"] = format_datetime(ids.timestamp(mail_id))
    made["Message-ID"] = f"<{mail_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes in answer
    made.set_content(written.text)
    made.add_alternative(written.html, subtype="html")
    return made


async def send(settings: Settings, mail: EmailMessage) -> None:
    """Hand a mail over.

    Raises:
        Refused: the server will never take it.
        Unreached: try again later.
    """
    try:
        async with _client(settings) as server:
            await server.send_message(mail)
    except SMTPAuthenticationError as error:
        raise Unreached(_told(error.code, error.message)) from error  # the operator can mend it
    except SMTPRecipientsRefused as error:
        first = error.recipients[0]
        raise (Refused if first.code in _PERMANENT else Unreached)(_told(first.code, first.message)) from error
    except SMTPResponseException as error:
        raise (Refused if error.code in _PERMANENT else Unreached)(_told(error.code, error.message)) from error
    except (SMTPException, OSError, TimeoutError) as error:
        raise Unreached(f"{type(error).__name__}: {error}"[:200]) from error


async def greet(settings: Settings) -> str:
    """Say hello to the server and leave; gives its name.

    Raises:
        Unreached: it does not answer, or does not let us in.
    """
    try:
        async with _client(settings) as server:
            await server.noop()
            return f"{server.hostname}:{server.port}"
    except (SMTPException, OSError, TimeoutError) as error:
        raise Unreached(f"{type(error).__name__}: {error}"[:200]) from error


def _client(settings: Settings) -> SMTP:
    if settings.smtp_url is None:
        raise Unreached("POSTD_SMTP_URL is not set")
    parts = urlsplit(settings.smtp_url.get_secret_value())
    host, tls = parts.hostname or "", parts.scheme == "smtps"
    user = None if parts.username is None else unquote(parts.username)
    # A password must not cross a network in the clear, whatever the server, or somebody in between, offers.
    encrypted = None if user is None or _is_here(host) else True
    return SMTP(
        hostname=host,
        port=parts.port or (465 if tls else 587),
        username=user,
        password=None if parts.password is None else unquote(parts.password),
        use_tls=tls,
        start_tls=False if tls else encrypted,
        timeout=TIMEOUT,
    )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _told(code: int, words: str) -> str:
    return f"{code} {words}"[:200]
