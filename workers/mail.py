"""The actor that sends a mail."""

from __future__ import annotations

from uuid import UUID

import dramatiq
from dramatiq import Broker

from app.flows.mail.deliver import deliver
from app.kernel import logs
from workers import queues
from workers.holder import RuntimeHolder


def declare(broker: Broker, holder: RuntimeHolder) -> None:
    """Declare the actor."""

    async def send_mail(mail_id: str) -> None:
        with logs.bound():
            await deliver(holder.runtime, UUID(mail_id))

    dramatiq.actor(actor_name=queues.SEND_MAIL, queue_name=queues.UPKEEP, broker=broker)(send_mail)
