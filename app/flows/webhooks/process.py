"""Process a delivery: read it, find out whom it concerns, give every notice its effect once.

Each workspace has a transaction of its own, so that one that fails holds up none of the others; what succeeded is not
repeated by the next try. A delivery that nobody can read is dead at once, and kept for a replay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import IntEnum
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.actions.webhooks.settle import Settlement, settle
from app.actions.webhooks.share import Note, conclude, note, share_in
from app.actions.webhooks.take import take
from app.domain.jobs.verdict import backoff
from app.domain.webhooks.model import WebhookDelivery
from app.domain.webhooks.states import DeliveryEvent, DeliveryState, ShareState
from app.flows.runtime import Runtime
from app.flows.webhooks.effects import details_of, effect, kind_of
from app.flows.webhooks.forgotten import empty_bodies
from app.flows.webhooks.routing import Concern, Workspace, concerns
from app.kernel import logs, metrics
from app.services import events
from app.services.db import passing
from connectors.notices import DeletionRequested, Notice, OwnerNotice, Unreadable
from connectors.receivers import RECEIVERS
from connectors.webhooks import Receiver

log = structlog.get_logger(__name__)

ACTOR = "platform"
FAILED = "Something went wrong here while it was applied."


async def process(rt: Runtime, delivery_id: UUID) -> DeliveryState | None:
    """Process one delivery; gives its state after that, None where there was nothing to do for us."""
    timing = rt.settings.timing
    async with rt.db.system() as session:
        taken = await take(
            session, delivery_id, lease=timedelta(seconds=timing.lease), max_attempts=timing.max_attempts
        )
    if taken is None:
        return None
    settlement = await _settlement(rt, taken)
    async with rt.db.system() as session:
        settled = await settle(session, settlement)
    if settled is None:
        log.warning("webhook.lease_lost", delivery_id=str(delivery_id))
        return None
    metrics.WEBHOOKS_PROCESSED.labels(platform=taken.receiver, outcome=settled.state.value).inc()
    if settled.state in (DeliveryState.DEAD, DeliveryState.RETRY):
        log.warning("webhook.not_applied", delivery_id=str(delivery_id), outcome=settled.state, problem=settled.problem)
    return settled.state


async def _settlement(rt: Runtime, taken: WebhookDelivery) -> Settlement:
    def ends(event: DeliveryEvent, problem: str | None = None, **more: object) -> Settlement:
        return Settlement(taken.id, taken.fence, event, problem, **more)  # type: ignore[arg-type]

    try:
        receiver, notices = read(taken)
        found = await concerns(rt, receiver, notices)
        failures = [await _applied(rt, taken, one, about) for one, about in found.items()]
    except Unreadable as error:
        return ends(DeliveryEvent.BURY, str(error))
    except Exception as error:  # noqa: BLE001 -- `_failure` logs it, and the try is settled either way
        failures, found = [_failure(taken, error)], {}
    worst = max(failures, default=Failure.NONE)
    if worst is Failure.NONE:
        asked = any(isinstance(notice, DeletionRequested) for notice in notices)
        return ends(DeliveryEvent.FINISH if found else DeliveryEvent.FIND_NOBODY, forget=asked)
    timing, counts = rt.settings.timing, worst is Failure.OURS
    if counts and taken.attempts >= timing.max_attempts:
        return ends(DeliveryEvent.BURY, FAILED)
    return ends(DeliveryEvent.BACK_OFF, FAILED, wait=backoff(taken.attempts, timing), counts=counts)


class Failure(IntEnum):
    """Why something was not applied; the larger one decides."""

    NONE = 0
    BUSY = 1
    """The database was away or busy: the try does not count."""
    OURS = 2


def _failure(taken: WebhookDelivery, error: Exception) -> Failure:
    if isinstance(error, DBAPIError | PoolTimeout | OSError) and passing(error):
        log.warning("webhook.put_off", delivery_id=str(taken.id), error=type(error).__name__)
        return Failure.BUSY
    log.error("webhook.unexpected", delivery_id=str(taken.id), exc_info=error)
    return Failure.OURS


def read(taken: WebhookDelivery) -> tuple[Receiver, Sequence[Notice]]:
    """The notices of a delivery with their receiver.

    Raises:
        Unreadable: nothing in it can be used, now.
    """
    receiver = RECEIVERS.get(taken.receiver)
    if receiver is None:
        raise Unreadable("This release knows no such receiver.")
    if not taken.callback:
        return receiver, receiver.parse(taken.body)
    callback = receiver.callbacks.get(taken.callback)
    if callback is None:
        raise Unreadable("This release knows no such callback.")
    return receiver, callback.parse(taken.body)


async def _applied(rt: Runtime, taken: WebhookDelivery, workspace: Workspace, about: Sequence[Concern]) -> Failure:
    """Apply what concerns one workspace; what fails is written down there, as far as that goes."""
    with logs.bound(tenant_id=workspace.tenant_id, platform=workspace.platform):
        try:
            ended = [one.connection_id for one in about if isinstance(one.notice, OwnerNotice)]
            await empty_bodies(rt, workspace.tenant_id, ended)
            async with rt.db.transaction(workspace.tenant_id) as session:
                events.act_as(session, ACTOR)
                share_id = await share_in(session, taken, workspace.platform, ShareState.APPLIED)
                for concern in about:
                    given = _noted(taken, concern)
                    notice_id = await note(session, share_id, given)
                    if notice_id is not None:
                        done = await effect(
                            session, concern.notice, concern.connection_id, notice_id, taken.received_at
                        )
                        await conclude(session, notice_id, done)
        except Exception as error:  # noqa: BLE001 -- `_failure` logs it; the other workspaces go on
            failure = _failure(taken, error)
            if failure is Failure.OURS:
                async with rt.db.transaction(workspace.tenant_id) as session:
                    await share_in(session, taken, workspace.platform, ShareState.WAITING, FAILED)
            return failure
    return Failure.NONE


def _noted(taken: WebhookDelivery, concern: Concern) -> Note:
    notice = concern.notice
    details: Mapping[str, object] = details_of(notice)
    key = f"{taken.receiver}:{notice.key}"
    return Note(concern.connection_id, key, kind_of(notice), notice.at or taken.received_at, dict(details))
