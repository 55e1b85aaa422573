"""The golden test: a workspace lives through everything once, and no secret of it is found where it does not belong.

Everything that passes through a `Secret` in that time is a canary, and so are the codes, cookies and keys that a
browser or a client holds. Sealed secrets are fine: they are ciphertext.
"""

from __future__ import annotations

import base64
import io
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import httpx2
import pytest

from app.actions.keys.create import CreateKey
from app.actions.keys.create import create as create_key
from app.actions.tenants.create import create as create_tenant
from app.domain.keys.model import Scope
from app.services.vault import generate_key
from connectors.sandbox.server import Sandbox
from tests.fixtures.consent import BLUESKY, MASTODON
from tests.fixtures.served import Browser
from tests.fixtures.site import Site, served_api
from tests.security.canaries import Canaries, database_text, password_in, redis_text
from tests.security.story import EVERYTHING, Story

TYPED_WRONG = "canary-password-of-the-user"
KEEPS = {"api_keys.public_id": "the half of a key by which it is found; it opens nothing alone"}
JOBS = "jobs(first: 20) { edges { node { id } } }"


@dataclass
class Ended:
    """What a story left behind."""

    story: Story
    canaries: Canaries
    log: str
    database: dict[str, bytes]
    redis: dict[str, bytes]
    states: dict[str, int]


@pytest.fixture(scope="module")
async def ended(
    login_url: str,
    redis_url: str,
    owner: asyncpg.Pool,
    sandbox: Sandbox,
    log: io.StringIO,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Ended]:
    """Give what a whole story left behind."""
    canaries, vault_key = Canaries(harmless={"bakery.test"}), generate_key()
    canaries.add("vault key", vault_key.partition(":")[2])
    canaries.add("vault key, raw", base64.b64decode(vault_key.partition(":")[2]).hex())
    canaries.add("database password", password_in(login_url))
    canaries.add("redis password", password_in(redis_url))
    folder = tmp_path_factory.mktemp("story")
    with canaries.listening():
        async with (
            served_api(login_url, redis_url, sandbox, folder, vault_keys=vault_key, log_level="DEBUG") as rt,
            httpx2.AsyncClient(timeout=30) as http,
        ):
            async with rt.db.system() as session:
                tenant = await create_tenant(session, f"t-{secrets.token_hex(6)}", "Acme & Sons")
            async with rt.db.transaction(tenant) as session:
                made = await create_key(session, CreateKey("story", list(Scope), rt.clock.now(), "tests"))
            site = Site(rt, owner, sandbox, tenant, log)
            story = Story(site, http, canaries, made.presented.reveal())
            canaries.add("API key", story.key)
            browser = Browser()
            try:
                await live(story, browser)
            finally:
                await browser.close()
            for path in ("/metrics", "/readyz", "/oauth/client-metadata.json"):
                answer = await http.get(f"{site.url}{path}")
                story.answers.append(f"{answer.headers}\n{answer.text}")
            rows = await owner.fetch("SELECT state, count(*) FROM jobs WHERE tenant_id = $1 GROUP BY 1", tenant)
            yield Ended(
                story=story,
                canaries=canaries,
                log=log.getvalue(),
                database=await database_text(owner),
                redis=await redis_text(redis_url),
                states={row[0]: row[1] for row in rows},
            )


async def live(story: Story, browser: Browser) -> None:
    """Everything that happens."""
    server = story.site.sandbox.bluesky_url
    # Connect: by an app password, typed wrongly first, and by both platforms' consent pages.
    wrong = {"identifier": "alice.test", "password": TYPED_WRONG, "service": server}
    story.canaries.add("password typed wrongly", TYPED_WRONG)
    await story.start("bluesky", "APP_PASSWORD", wrong)
    by_password = await story.start("bluesky", "APP_PASSWORD", {**wrong, "password": "alice-test-app-pass"})
    story.canaries.add("app password", "alice-test-app-pass")
    await story.consent(BLUESKY, browser, forge="canary-code-of-an-attacker")
    await story.consent(BLUESKY, browser)
    await story.consent(MASTODON, browser)
    bluesky = by_password["connections"][0]["id"]
    rows = await story.ask("{ connections { edges { node { id platform { key } } } } }")
    nodes = [edge["node"] for edge in rows["data"]["connections"]["edges"]]
    mastodon = next(node["id"] for node in nodes if node["platform"]["key"] == "mastodon")

    # Publish, with every way in which it can go wrong.
    await story.wake(*await story.schedule("It goes out.", bluesky, mastodon))
    await story.fault("expire_token", method="POST", path="/xrpc/com.atproto.repo.*")
    await story.wake(*await story.schedule("Its token dies and is renewed.", bluesky))
    for kind in ("status", "wrong_json", "drop_after_effect", "error_after_effect"):
        jobs = await story.schedule(f"It meets {kind}.", bluesky, mastodon)
        for path in ("/xrpc/com.atproto.repo.*", "/api/v1/statuses"):
            await story.fault(kind, method="POST", path=path)
        await story.wake(*jobs)
    for connection in (bluesky, mastodon):
        await story.wake(*await story.echoed(connection))
    await story.schedule("It is offered to a worker.", bluesky)
    await story.offer()
    for platform, handle in (("bluesky", "alice.test"), ("mastodon", "bob")):
        await story.control("DELETE", "tokens", {"platform": platform, "handle": handle})
    await story.wake(*await story.schedule("The tokens are dead.", bluesky, mastodon))

    # What a client does wrong, with the secret in the wrong place.
    await story.ask("{ viewer { scopes } " + f'nothing(token: "{TYPED_WRONG}") }}')
    await story.ask("{ viewer { scopes } ")
    await story.follow(f"Bearer {story.key}", "subscription { jobUpdated { job { id state } cursor } }")
    await story.follow(f"Bearer {story.key}x", "subscription { jobUpdated { cursor } }")
    await story.http.get(f"{story.site.url}/graphql?query={{viewer{{scopes}}}}&authorization={story.key}")
    await story.http.get(f"{story.site.url}/oauth/bluesky/callback?code={TYPED_WRONG}&state={TYPED_WRONG}&iss=x")
    await story.http.get(f"{story.site.url}/connect/{TYPED_WRONG}{TYPED_WRONG}")
    handed = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on ApiKeyCreated { secret } } }"
    await story.ask(handed, handed="secret", input={"name": "another", "scopes": ["READ"]})
    told = await story.ask(EVERYTHING)
    assert "errors" not in told, told


def test_the_story_was_lived(ended: Ended) -> None:
    assert ended.states["published"] >= 3
    assert ended.states["parked"] == 3  # the two of dead tokens, and the one that was offered and not yet taken
    assert set(ended.states) >= {"published", "parked", "unknown"}
    found = set(ended.canaries.known.values())
    assert found >= {"a Secret", "code", "state", "cookie", "ticket", "secret", "API key", "app password"}
    assert len(ended.canaries.known) > 40


def test_no_secret_is_logged(ended: Ended) -> None:
    assert '"event": "job.settled"' in ended.log
    assert '"level": "debug"' in ended.log
    assert ended.canaries.hits(ended.log) == []


def test_no_secret_rests_in_the_database(ended: Ended) -> None:
    found = {place: ended.canaries.hits(data) for place, data in ended.database.items() if place not in KEEPS}
    assert found["job_attempts.exchanges"] == []
    assert {place: hits for place, hits in found.items() if hits} == {}


def test_no_secret_rests_in_redis(ended: Ended) -> None:
    assert any("postd:jobs" in key for key in ended.redis)
    assert {key: hits for key, data in ended.redis.items() if (hits := ended.canaries.hits(data))} == {}


def test_no_secret_is_answered(ended: Ended) -> None:
    typed = ended.canaries.known.pop(TYPED_WRONG, None)  # a client's own words may come back to that client
    found = [hits for answer in ended.story.answers if (hits := ended.canaries.hits(answer))]
    ended.canaries.known |= {TYPED_WRONG: typed} if typed else {}
    assert found == []
