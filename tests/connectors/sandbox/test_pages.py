"""What a reader of the platform sees."""

from __future__ import annotations

import httpx2
import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import RKEY, BlueskyClient, Control, png


@pytest.fixture
async def alice(sandbox: Sandbox, http: httpx2.AsyncClient) -> BlueskyClient:
    client = BlueskyClient(http, sandbox.bluesky_url)
    await client.log_in()
    return client


async def test_posts_stand_newest_first_with_replies_below(alice: BlueskyClient) -> None:
    first = (await alice.put("first")).json()
    await alice.put("second", rkey="3n2rhspqaru4j")
    ref = {"uri": first["uri"], "cid": first["cid"]}
    await alice.put("answer", rkey="3n2rhspqaru4k", reply={"root": ref, "parent": ref})
    page = (await alice.http.get(alice.url)).text
    assert page.index("second") < page.index("first") < page.index('class="replies"') < page.index("answer")
    assert "3 posts" in page


async def test_text_and_alt_are_escaped(alice: BlueskyClient) -> None:
    blob = await alice.upload(png(), "image/png")
    image = {"alt": '"><script>alert(1)</script>', "image": blob}
    await alice.put("<script>alert(2)</script>", embed={"$type": "app.bsky.embed.images", "images": [image]})
    page = await alice.http.get(alice.url)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(2)" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")


async def test_a_deleted_post_is_shown_as_deleted_without_its_text(alice: BlueskyClient) -> None:
    await alice.put("gone")
    body = {"repo": alice.did, "collection": "app.bsky.feed.post", "rkey": RKEY}
    await alice.post("repo.deleteRecord", body)
    page = (await alice.http.get(alice.url)).text
    assert "gone" not in page
    assert "Deleted." in page
    assert "1 post, 1 deleted" in page


async def test_a_post_has_a_page_of_its_own(alice: BlueskyClient) -> None:
    await alice.put("mine")
    await alice.put("other", rkey="3n2rhspqaru4j")
    page = await alice.http.get(f"{alice.url}/profile/alice.test/post/{RKEY}")
    assert ("mine" in page.text, "other" in page.text) == (True, False)
    assert (await alice.http.get(f"{alice.url}/profile/alice.test/post/3n2rhspqaru4z")).status_code == 404


async def test_an_empty_platform_says_so(sandbox: Sandbox, http: httpx2.AsyncClient, control: Control) -> None:
    page = (await http.get(sandbox.mastodon_url)).text
    assert "No posts yet." in page
    for name in ("sandbox.css", "ledger.js"):
        assert f"/_ledger/static/{name}" in page
        assert (await http.get(f"{sandbox.mastodon_url}/_ledger/static/{name}")).status_code == 200
    assert (await http.get(f"{sandbox.mastodon_url}/favicon.ico")).status_code == 204
    assert (await control.ask("GET", "/requests"))["requests"] == []


@pytest.mark.parametrize(
    "path", ["/_ledger/static/server.py", "/_ledger/media/..%2fstate.jsonl", f"/_ledger/media/{'0' * 64}"]
)
async def test_nothing_else_is_served(sandbox: Sandbox, http: httpx2.AsyncClient, path: str) -> None:
    assert (await http.get(f"{sandbox.bluesky_url}{path}")).status_code == 404
