"""What a mail says, from the row that it is about; made at the moment at which it is sent.

A mail that nobody needs any more, because its link was used or taken back, is not written.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.actions.people.accept import offered
from app.actions.people.resets import asked
from app.domain.people.errors import LinkSpent
from app.domain.tenants.queries import named
from app.flows.people.links import Kind, link
from app.flows.runtime import Runtime
from app.services.mail import Written
from app.services.outbox import Letter, Mail

TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The one template environment: HTML is escaped, missing variables are errors."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def compose(rt: Runtime, mail: Mail) -> Written | None:
    """What the mail says; None where nobody needs it any more."""
    try:
        if mail.letter is Letter.INVITATION:
            return await _invitation(rt, mail)
        return await _reset(rt, mail)
    except LinkSpent:
        return None


async def _invitation(rt: Runtime, mail: Mail) -> Written:
    async with rt.db.system() as session:
        row = await offered(session, mail.subject_id, rt.clock.now())
        (tenant,) = await named(session, [row.tenant_id])
    return _written(
        rt,
        mail.letter,
        row.address,
        f"You are invited to {_line(tenant.name)}",
        workspace=_line(tenant.name),
        role=row.role.value,
        link=link(rt.settings, Kind.INVITATION, row.id, row.expires_at).reveal(),
        until=f"{row.expires_at:%Y-%m-%d %H:%M} UTC",
    )


async def _reset(rt: Runtime, mail: Mail) -> Written:
    async with rt.db.system() as session:
        row, person = await asked(session, mail.subject_id, rt.clock.now())
    return _written(
        rt,
        mail.letter,
        person.address,
        "A new password",
        name=_line(person.name),
        link=link(rt.settings, Kind.RESET, row.id, row.expires_at).reveal(),
        until=f"{row.expires_at:%H:%M} UTC",
    )


def _written(rt: Runtime, letter: Letter, to: str, subject: str, **values: str) -> Written:
    values |= {"client_name": rt.settings.client_name, "host": urlsplit(rt.settings.public_url).netloc}
    subject = f"{subject} ({rt.settings.client_name})"
    text = environment().get_template(f"{letter}.txt").render(values)
    html = environment().get_template(f"{letter}.html").render(values, subject=subject)
    return Written(to, subject, text, html)


def _line(name: str) -> str:
    """A name on one line: in a subject a second line would be a header."""
    return " ".join(name.split())
