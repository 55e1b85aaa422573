"""Send one mail that waits: take it, write it, hand it over, note what came of it.

A crash at any point loses none: the row is offered again when its lease is over. A crash between the server's answer
and our note sends the same mail twice, under one Message-ID; SMTP gives no way to ask what became of it.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from app.actions.mail.take import given_up, put_off, sent, take
from app.flows.mail.compose import compose
from app.flows.runtime import Runtime
from app.services import mail as post_office

log = structlog.get_logger(__name__)

NOT_NEEDED = "Nobody needs it any more."


async def deliver(rt: Runtime, mail_id: UUID) -> None:
    """Send the mail, if it is still to be sent."""
    async with rt.db.system() as session:
        row = await take(session, mail_id)
    if row is None:
        return
    written = await compose(rt, row)
    if written is None:
        async with rt.db.system() as session:
            await given_up(session, row, NOT_NEEDED)
        return
    try:
        await post_office.send(rt.settings, post_office.message(written, rt.settings.mail_from, row.id))
    except post_office.Refused as error:
        log.warning("mail.refused", mail_id=str(row.id), problem=str(error))
        async with rt.db.system() as session:
            await given_up(session, row, str(error))
    except post_office.Unreached as error:
        async with rt.db.system() as session:
            again = await put_off(session, row, str(error))
        log.warning("mail.put_off" if again else "mail.given_up", mail_id=str(row.id), problem=str(error))
    else:
        async with rt.db.system() as session:
            await sent(session, row)
