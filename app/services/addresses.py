"""Mail addresses: as they are written, and as they are compared."""

from __future__ import annotations

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from app.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Address:
    """An address."""

    written: str
    """For mail; the host in small letters."""
    key: str
    """For comparing: without regard to case. Servers that tell cases apart are not known to exist."""


def normalised(given: str, path: tuple[str, ...] = ("input", "address")) -> Address:
    """An address in its two forms. Hosts without a dot are taken too; nobody is asked.

    Raises:
        InvalidInput: it is no address.
    """
    try:
        found = validate_email(given.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise InvalidInput("This is no mail address.", hint="Write it like name@example.org.", path=path) from None
    return Address(found.normalized, found.normalized.casefold())
