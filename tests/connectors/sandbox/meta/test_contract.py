"""The simulated Meta refuses what Meta's own description does not know, and says in the log what was checked."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.meta.contract import top_level
from connectors.sandbox.meta.hosts import GRAPH, INSTAGRAM_APP, INSTAGRAM_GRAPH, INSTAGRAM_LOGIN, META_APP
from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import Control

SEED = "corner.bakery"


class Client:
    """Calls with the token of the seed page, or of its Instagram account."""

    def __init__(self, http: httpx2.AsyncClient, base: str, host: str, granted: dict[str, Any]) -> None:
        self.http, self.base, self.id, self.token = http, f"{base}/{host}/v26.0", granted["id"], granted["access_token"]
        self.proof = hmac.new(META_APP.secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()
        self.extra = {"appsecret_proof": self.proof} if host == GRAPH else {}

    async def ask(self, method: str, path: str, **params: str) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        sent = {**self.extra, **params}
        return await self.http.request(method, f"{self.base}/{path}", params=sent, headers=headers)


@pytest.fixture
async def client(sandbox: Sandbox, http: httpx2.AsyncClient, control: Control) -> Client:
    granted = await control.ask("POST", "/tokens", {"platform": "meta", "handle": SEED})
    return Client(http, sandbox.meta_url, GRAPH, granted)


def code(answer: httpx2.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")


@pytest.mark.parametrize(
    ("method", "path", "params", "words"),
    [
        ("POST", "{id}/feed", {"massage": "x"}, "massage is no parameter of POST Page/feed"),
        ("POST", "{id}/feed", {"message": "x", "published": "maybe"}, "published is not of type bool: maybe"),
        ("POST", "{id}/video_reels", {}, "upload_phase is required"),
        ("POST", "{id}/video_reels", {"upload_phase": "begin"}, "upload_phase is not of type"),
        ("GET", "{id}", {"fields": "id,nickname"}, "nickname is no field of Page"),
        ("GET", "{id}/published_posts", {"fields": "id,likes_count"}, "likes_count is no field of PagePost"),
    ],
)
async def test_what_the_description_does_not_know_is_refused_and_noted(
    client: Client, control: Control, method: str, path: str, params: dict[str, str], words: str
) -> None:
    answer = await client.ask(method, path.format(id=client.id), **params)
    assert code(answer) == (400, 100, None)
    assert words in answer.json()["error"]["message"]
    assert len(found := await control.violations()) == 1
    assert words in found[0]
    assert await control.texts("facebook") == []


async def test_checks_are_counted_by_platform(client: Client, control: Control) -> None:
    await client.ask("POST", f"{client.id}/feed", message="Hello")
    await client.ask("GET", client.id, fields="id")
    found = await control.ask("GET", "/requests?platform=meta")
    assert found["checks"] == {"facebook": 2}
    assert found["requests"][0]["checked"] == ["facebook: POST Page/feed"]


async def test_a_call_without_the_proof_of_the_secret_is_refused(client: Client, control: Control) -> None:
    client.extra = {}
    assert code(await client.ask("POST", f"{client.id}/feed", message="x")) == (400, 100, None)
    client.extra = {"appsecret_proof": "0" * 64}
    assert code(await client.ask("POST", f"{client.id}/feed", message="x")) == (400, 100, None)
    assert await control.texts("facebook") == []


async def test_secrets_stand_in_no_log(client: Client, control: Control) -> None:
    await client.ask("POST", f"{client.id}/feed", message="x", access_token=client.token)
    found = str((await control.ask("GET", "/requests"))["requests"])
    assert client.token not in found
    assert client.proof not in found


async def test_tokens_die_in_the_ways_that_meta_names(client: Client, control: Control) -> None:
    await control.fault("expire_token", platform="meta", path=f"*/{client.id}")
    assert code(await client.ask("GET", client.id)) == (401, 190, 463)
    fresh = await control.ask("POST", "/tokens", {"platform": "meta", "handle": SEED})
    client.token = fresh["access_token"]
    client.extra["appsecret_proof"] = hmac.new(META_APP.secret.encode(), client.token.encode(), "sha256").hexdigest()
    assert (await client.ask("GET", client.id)).status_code == 200
    await control.ask("DELETE", "/tokens", {"platform": "meta", "handle": SEED})
    assert code(await client.ask("GET", client.id)) == (401, 190, 460)
    client.token = "unknown"
    assert code(await client.ask("GET", client.id)) == (401, 190, None)
    client.token = ""
    assert code(await client.ask("GET", client.id)) == (400, 2500, None)


async def test_a_page_sees_and_changes_only_what_is_its_own(client: Client, control: Control) -> None:
    other = await control.ask("POST", "/accounts", {"platform": "meta", "handle": "elsewhere"})
    assert code(await client.ask("GET", other["facebook"])) == (400, 100, 33)
    assert code(await client.ask("POST", f"{other['facebook']}/feed", message="x")) == (400, 100, 33)
    assert code(await client.ask("GET", other["instagram"])) == (400, 100, 33)
    assert code(await client.ask("GET", "404404")) == (400, 100, 33)
    assert code(await client.ask("DELETE", client.id)) == (400, 100, 33)
    assert await control.texts("facebook") == []


async def test_posts_are_there_after_a_restart(sandbox: Sandbox, client: Client, control: Control) -> None:
    made = (await client.ask("POST", f"{client.id}/feed", message="Stays")).json()["id"]
    await sandbox.stop()
    async with Sandbox(sandbox._data_dir) as again:
        client.base = f"{again.meta_url}/{GRAPH}/v26.0"
        found = (await client.ask("GET", f"{client.id}/published_posts", fields="id,message")).json()
    assert found["data"] == [{"id": made, "message": "Stays"}]


async def test_the_page_of_posts_shows_both_platforms_and_each_post(sandbox: Sandbox, client: Client) -> None:
    made = (await client.ask("POST", f"{client.id}/feed", message="Read me", link="https://example.com/a")).json()["id"]
    shown = await client.http.get(sandbox.meta_url)
    assert "Facebook and Instagram" in shown.text
    assert "Read me" in shown.text
    one = await client.http.get(f"{sandbox.meta_url}/www.facebook.com/{made}")
    assert "https://example.com/a" in one.text


async def test_instagrams_own_token_works_on_its_own_host_only(
    sandbox: Sandbox, http: httpx2.AsyncClient, control: Control
) -> None:
    granted = await control.ask("POST", "/tokens", {"platform": "meta", "handle": SEED, "kind": "instagram"})
    client = Client(http, sandbox.meta_url, INSTAGRAM_GRAPH, granted)
    assert (await client.ask("GET", "me", fields="id,user_id,username")).json()["user_id"] == client.id
    assert code(await client.ask("POST", f"{client.id}/media", image_url="http://127.0.0.1:1/x")) == (
        400,
        9004,
        2207052,
    )
    assert code(await client.ask("POST", f"{client.id}/media_publish", creation_id="1")) == (400, 24, 2207006)
    client.base = f"{sandbox.meta_url}/{GRAPH}/v26.0"
    assert code(await client.ask("GET", client.id)) == (401, 190, None)


async def test_instagrams_token_endpoint_takes_multipart_forms_only(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    url = f"{sandbox.meta_url}/{INSTAGRAM_LOGIN}/oauth/access_token"
    form = {
        "client_id": INSTAGRAM_APP.client_id,
        "client_secret": INSTAGRAM_APP.secret,
        "grant_type": "authorization_code",
        "redirect_uri": "https://postd.example/cb",
        "code": "unknown",
    }
    refused = await http.post(url, data=form)
    assert (refused.status_code, refused.json()["error_message"]) == (400, "Missing required field client_id")
    parts = {name: (None, value) for name, value in form.items()}
    wrong = await http.post(url, files=parts)
    assert wrong.json()["error_message"] == "This authorization code has been used"


@given(st.lists(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), min_size=1, max_size=5), st.data())
def test_names_of_fields_are_found_whatever_stands_inside_them(names: list[str], data: st.DataObject) -> None:
    inside = ["", "{url}", "{id,name{first}}", ".summary(true).limit(0)", ".limit(1){id}"]
    written = ",".join(name + data.draw(st.sampled_from(inside)) for name in names)
    assert top_level(written) == names
