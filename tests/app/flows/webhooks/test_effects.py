"""What each kind of notice does, and that it does it once."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.actions.connections.transition import BY_LINK
from app.domain.audit.model import AuditEntry
from app.domain.connections.states import ConnectionState
from app.domain.jobs.states import JobState, ParkReason
from app.domain.webhooks.model import WebhookNotice
from app.domain.webhooks.states import DeliveryState
from app.flows.connections.connect import choose
from app.flows.connections.grants import keep_choices
from app.flows.connections.tickets import find_ticket, make_ticket
from app.flows.webhooks.process import process
from connectors.contract import Account, AccountGrant, Grant, Tokens
from connectors.secret import Secret
from tests.fixtures.deliveries import TIME, Incoming, change, comment, person
from tests.fixtures.world import World, now

DONE, ORPHAN = DeliveryState.DONE, DeliveryState.ORPHAN


async def audits(world: World) -> list[tuple[str, str, UUID | None]]:
    async with world.db.read(world.tenant) as session:
        rows = await session.scalars(select(AuditEntry).where(AuditEntry.tenant_id == world.tenant))
        return [(row.actor, row.verb, row.subject_id) for row in rows]


async def notices(world: World) -> list[WebhookNotice]:
    async with world.db.read(world.tenant) as session:
        query = select(WebhookNotice).where(WebhookNotice.tenant_id == world.tenant).order_by(WebhookNotice.id)
        return list((await session.scalars(query)).all())


async def sealed(world: World, connection_id: UUID) -> int:
    query = "SELECT count(*) FROM sealed_tokens WHERE connection_id = $1"
    return int(await world.owner.fetchval(query, connection_id))


async def test_a_comment_becomes_one_event_with_its_words(world: World, incoming: Incoming) -> None:
    page = await incoming.page(external_id="p1")
    assert await incoming.process(comment("p1")) is DONE
    (kept,) = await notices(world)
    (event,) = [row for row in await world.events() if row.type == "comment.added"]
    said = {"postId": "p1_9", "commentId": "9_1", "authorId": "55", "author": "Ann", "text": "hi 1"}
    assert (event.actor, event.subject_kind, event.subject_id) == ("platform", "notice", kept.id)
    assert event.changes == {"connectionId": str(page.id), **said}
    assert (kept.kind, kept.details, kept.outcome) == ("comment.added", said, "An event was recorded.")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (comment("acc", verb="edited"), "comment.changed"),
        (comment("acc", verb="remove"), "comment.removed"),
        (change("mention", "acc", post_id="1", message="hey"), "mention.added"),
    ],
)
async def test_events_of_other_notices(world: World, incoming: Incoming, body: bytes, kind: str) -> None:
    page = await incoming.page(external_id=f"acc-{kind}")
    body = body.replace(b'"acc"', f'"acc-{kind}"'.encode())
    assert await incoming.process(body) is DONE
    assert (await world.types())[-1] == kind
    assert (await world.events())[-1].changes["connectionId"] == str(page.id)


async def test_figures_of_a_story_become_an_event(world: World, incoming: Incoming) -> None:
    made = await incoming.move(await world.connection(external_id="ig1"), platform="instagram")
    assert await incoming.process(change("story_insights", "ig1", "instagram", media_id="m", reach=44)) is DONE
    assert (await world.events())[-1].changes == {
        "connectionId": str(made.id),
        "postId": "m",
        "figures": {"reach": 44},
    }


async def test_what_is_not_known_is_kept_and_does_nothing(world: World, incoming: Incoming) -> None:
    await incoming.page(external_id="p3")
    before = await world.types()
    assert await incoming.process(change("ratings", "p3", rating=1)) is DONE
    assert await world.types() == before
    assert [(one.kind, one.details, one.outcome) for one in await notices(world)] == [
        ("unrecognised", {"what": "page.ratings"}, "Kept, not acted upon.")
    ]


async def test_a_deauthorization_ends_every_connection_of_that_person(world: World, incoming: Incoming) -> None:
    page = await world.connection(owner_id="u1")
    job = await world.job(page)
    await incoming.move(page)
    other = await incoming.page(owner_id="somebody else")
    instagram = await incoming.page(owner_id="u1")
    await incoming.move(instagram, platform="instagram")
    at = (now() + timedelta(minutes=1)).timestamp()
    assert await incoming.process(person("u1", at), callback="deauthorize") is DONE
    for ended in (page, instagram):
        row = await world.connection_row(ended.id)
        assert (row.state, (row.reason or {})["code"]) == (ConnectionState.REVOKED, "deauthorized")
        assert await sealed(world, ended.id) == 0
        (event,) = [one for one in await world.events(ended.id) if one.type == "connection.revoked"]
        assert event.actor == "platform"
        assert event.changes == {
            "state": "revoked",
            "platform": "facebook" if ended is page else "instagram",
            "reason": "deauthorized",
            "message": "Access to the account was taken back on the platform.",
            "hint": f"Connect the account again. {BY_LINK}",
            "call": "reconnectConnection",
            "waiting": 1 if ended is page else 0,
        }
    assert (await world.connection_row(other.id)).state is ConnectionState.HEALTHY
    parked = await world.row(job.id)
    assert (parked.state, parked.park_reason) == (JobState.PARKED, ParkReason.CONNECTION)
    assert set(await audits(world)) == {
        ("platform", "connection.deauthorize", page.id),
        ("platform", "connection.deauthorize", instagram.id),
    }
    assert world.platform.calls == []


async def test_an_access_that_was_granted_since_stays(world: World, incoming: Incoming) -> None:
    page = await incoming.page(owner_id="u2")
    late = (now() - timedelta(minutes=1)).timestamp()
    assert await incoming.process(person("u2", late), callback="deauthorize") is DONE
    assert (await world.connection_row(page.id)).state is ConnectionState.HEALTHY
    assert await sealed(world, page.id) == 1
    assert await audits(world) == []


async def test_a_deletion_ends_the_connection_and_deletes_what_was_fetched(world: World, incoming: Incoming) -> None:
    page = await incoming.page(external_id="p4", owner_id="u4", url="https://x.example", avatar_url="https://y.example")
    said = await incoming.take(comment("p4", message="canary-4711"))
    assert await process(world.rt, said) is DONE
    asked = await incoming.take(person("u4", now().timestamp()), callback="deletion")
    assert await process(world.rt, asked) is DONE
    row = await world.connection_row(page.id)
    assert (row.state, row.owner_id, row.external_id) == (ConnectionState.REVOKED, None, "p4")
    assert (row.handle, row.name, row.url, row.avatar_url) == ("deleted account", "deleted account", None, None)
    assert await sealed(world, page.id) == 0
    assert [one.kind for one in await notices(world)] == ["deletion.requested"]
    assert [one.changes for one in await world.events() if one.type == "comment.added"] == [{}]
    assert [(await incoming.row(one)).body for one in (said, asked)] == [b"", b""]
    verbs = [verb for _, verb, _ in await audits(world)]
    assert verbs == ["connection.deauthorize", "connection.erase"]
    for table in ("connections", "webhook_notices", "webhook_deliveries", "events", "webhook_shares"):
        rows = await world.owner.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table} t")
        assert not [one for one in rows if "canary-4711" in one["row"] or "u4" in json.loads(one["row"]).values()]


async def test_a_deletion_from_before_a_new_grant_ends_nothing_of_it(world: World, incoming: Incoming) -> None:
    page = await incoming.page(external_id="p6", owner_id="u6", url="https://x.example")
    await incoming.process(comment("p6", message="canary-of-before"))
    await world.owner.execute(
        "UPDATE webhook_notices SET at = at - interval '2 hours' WHERE tenant_id = $1", world.tenant
    )
    late = (now() - timedelta(minutes=1)).timestamp()
    assert await incoming.process(person("u6", late), callback="deletion") is DONE
    row = await world.connection_row(page.id)
    assert (row.state, row.url, row.owner_id) == (ConnectionState.HEALTHY, "https://x.example", "u6")
    assert await sealed(world, page.id) == 1
    assert [(one.kind, "granted anew since" in one.outcome) for one in await notices(world)] == [
        ("deletion.requested", True)
    ]
    assert await audits(world) == []


async def test_a_decision_between_the_grant_and_the_choice_ends_it(world: World, incoming: Incoming) -> None:
    """Somebody comes back from Meta, thinks about which pages to connect, and removes the application meanwhile."""
    link = await make_ticket(
        world.rt,
        world.tenant,
        "tests",
        platform="scripted",
        method="oauth",
        fields={},
        missing=(),
        return_to=None,
        repair=None,
    )
    flow = await find_ticket(world.rt, link.url.rsplit("/", 1)[1])
    account = Account("p7", "@p7", "p7", "https://scripted.example", owner_id="u7")
    came = now() - timedelta(minutes=10)
    await keep_choices(world.rt, flow, Grant((AccountGrant(account, Tokens(Secret("t")), granted_at=came),)))
    (page,) = await choose(world.rt, world.tenant, "tests", flow.id, ["p7"])
    assert page.granted_at == came
    await incoming.move(page)
    meanwhile = (now() - timedelta(minutes=5)).timestamp()
    assert await incoming.process(person("u7", meanwhile), callback="deauthorize") is DONE
    assert (await world.connection_row(page.id)).state is ConnectionState.REVOKED


async def test_a_deletion_also_reaches_a_connection_that_has_ended(world: World, incoming: Incoming) -> None:
    page = await incoming.page(owner_id="u5")
    future = (now() + timedelta(minutes=1)).timestamp()
    await incoming.process(person("u5", future), callback="deauthorize")
    assert await incoming.process(person("u5", future), callback="deletion") is DONE
    row = await world.connection_row(page.id)
    assert (row.handle, row.owner_id) == ("deleted account", None)
    assert (await world.types(page.id)).count("connection.revoked") == 1


async def test_a_post_that_was_seen_wakes_the_unknown_job_and_settles_nothing(world: World, incoming: Incoming) -> None:
    page = await world.connection(external_id="p6")
    job = await world.sending(page)
    await incoming.move(page)
    await world.set(job.id, state="unknown", unknown_since=now(), lease_until=None, wake_at=now() + timedelta(hours=1))
    seen = change("feed", "p6", item="status", verb="add", post_id="p6_1", **{"from": {"id": "p6"}}, message="Hello")
    assert await incoming.process(seen) is DONE
    woken = await world.row(job.id)
    assert (woken.state, woken.platform_ref) == (JobState.UNKNOWN, None)
    assert woken.wake_at is not None
    assert woken.wake_at <= now()
    gate = await world.owner.fetchval("SELECT next_wake_at FROM tenant_gates WHERE tenant_id = $1", world.tenant)
    assert gate <= now()


async def test_a_post_that_was_seen_does_not_disturb_who_is_looking(world: World, incoming: Incoming) -> None:
    page = await world.connection(external_id="p7")
    job = await world.sending(page)
    await incoming.move(page)
    later = now() + timedelta(minutes=1)
    await world.set(job.id, state="unknown", unknown_since=now(), lease_until=later, wake_at=later)
    seen = change("feed", "p7", item="status", verb="add", post_id="p7_1")
    assert await incoming.process(seen) is DONE
    assert (await world.row(job.id)).wake_at == later
    assert [one.outcome for one in await notices(world)] == ["Nothing waited for it."]


@pytest.mark.parametrize("callback", ["", "deauthorize", "deletion"])
async def test_processing_twice_changes_nothing_more(world: World, incoming: Incoming, callback: str) -> None:
    account = f"twice-{callback}"
    page = await incoming.page(external_id=account, owner_id=account)
    at = (now() + timedelta(minutes=1)).timestamp()
    body = person(account, at) if callback else comment(account)
    delivery = await incoming.take(body, callback=callback)
    assert await process(world.rt, delivery) is DONE
    before = (await world.types(), (await world.connection_row(page.id)).revision, await audits(world))
    # As after a crash between the effects and the settlement.
    await world.update("webhook_deliveries", delivery, state="received", wake_at=now(), body=body)
    assert await process(world.rt, delivery) in {DONE, ORPHAN}
    assert (await world.types(), (await world.connection_row(page.id)).revision, await audits(world)) == before
    assert await process(world.rt, delivery) is None


async def test_repetitions_in_other_batches_are_one_notice(world: World, incoming: Incoming) -> None:
    await incoming.page(external_id="p8")
    first, second = json.loads(comment("p8", 1)), json.loads(comment("p8", 2))
    both = {"object": "page", "entry": [*second["entry"], *first["entry"]]}
    assert await incoming.process(json.dumps(first).encode()) is DONE
    assert await incoming.process(json.dumps(both).encode()) is DONE
    texts = [row.changes["text"] for row in await world.events() if row.type == "comment.added"]
    assert texts == ["hi 1", "hi 2"]
    assert first["entry"][0]["time"] == TIME
