"""Posts over the versioned API: headers, the form of URNs, duplicates, roles, the day's limit."""

from __future__ import annotations

import pytest

from connectors.sandbox.linkedin import posts
from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import Control
from tests.connectors.sandbox.linkedin.client import LinkedInClient, part


async def violations(control: Control) -> list[str]:
    found = (await control.ask("GET", "/requests?platform=linkedin&violations=1"))["requests"]
    return [words for item in found for words in item["contract_violations"]]


async def test_a_post_is_named_in_a_header_and_has_no_body(carol: LinkedInClient, control: Control) -> None:
    answer = await carol.post("Hello")
    assert (answer.status_code, answer.content) == (201, b"")
    (post,) = (await control.ask("GET", "/ledger?platform=linkedin"))["posts"]
    assert answer.headers["x-restli-id"] == post["id"]
    assert post["url"] == f"{carol.url}/feed/update/{post['id']}/"
    page = await carol.http.get(post["url"])
    assert (page.status_code, "Hello" in page.text) == (200, True)


async def test_the_same_text_is_a_duplicate_that_names_the_post(carol: LinkedInClient) -> None:
    first = (await carol.post("Hello")).headers["x-restli-id"]
    answer = await carol.post("Hello")
    assert answer.status_code == 422
    assert answer.json()["message"] == f"Content is a duplicate of {first}"
    assert answer.json()["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    await carol.ask("DELETE", f"/rest/posts/{part(first)}", restli="DELETE")
    assert (await carol.post("Hello")).status_code == 201


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [("202401", 426, "NONEXISTENT_VERSION"), ("209901", 426, "NONEXISTENT_VERSION"), (None, 400, "VERSION_MISSING")],
)
async def test_a_version_that_is_not_active_is_refused(
    carol: LinkedInClient, version: str | None, status: int, code: str
) -> None:
    headers = {"authorization": f"Bearer {carol.token}", "x-restli-protocol-version": "2.0.0"}
    headers |= {"linkedin-version": version} if version else {}
    answer = await carol.http.get(f"{carol.url}/rest/posts/{part('urn:li:share:1')}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_urns_are_encoded(carol: LinkedInClient, control: Control) -> None:
    assert (await carol.ask("GET", "/rest/posts/urn:li:share:1")).status_code == 400
    assert await violations(control) == ["GET /rest/posts/urn:li:share:1 a URN in a path or a query is percent-encoded"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"visibility": "FRIENDS"}, "visibility"),
        ({"lifecycleState": "DRAFT"}, "lifecycleState"),
        ({"scheduledAt": 1}, "scheduledAt"),
        ({"content": {"multiImage": {"images": [{"id": "urn:li:image:a"}]}}}, "content.multiImage.images"),
    ],
)
async def test_what_breaks_the_description_is_noted(
    carol: LinkedInClient, control: Control, fields: dict[str, object], words: str
) -> None:
    assert (await carol.post("Hello", **fields)).status_code == 400
    (found,) = await violations(control)
    assert words in found
    assert (await control.ask("GET", "/ledger?platform=linkedin"))["posts"] == []


async def test_rights_and_roles_decide(sandbox: Sandbox, carol: LinkedInClient, control: Control) -> None:
    accounts = (await control.ask("GET", "/accounts"))["accounts"]
    (page,) = [one["id"] for one in accounts if one["handle"] == "corner-bakery"]
    assert (await carol.post("For the bakery", author=page)).status_code == 201
    await control.ask("POST", "/accounts", {"platform": "linkedin", "handle": "dora"})
    body = {"platform": "linkedin", "handle": "dora"}
    dora = LinkedInClient(carol.http, carol.url, (await control.ask("POST", "/tokens", body))["access_token"], page)
    assert (await dora.post("Not mine")).status_code == 403
    less = await LinkedInClient.of(carol.http, carol.url, control, scopes="w_member_social")
    assert (await less.post("Mine")).status_code == 201
    assert (await less.post("Not as the page", author=page)).status_code == 403


async def test_the_days_limit_ends_at_midnight(
    carol: LinkedInClient, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "POSTS_A_DAY", 2)
    statuses = [(await carol.post(f"Number {number}")).status_code for number in range(3)]
    assert statuses == [201, 201, 429]
    refused = await carol.post("Number 3")
    assert ("DAY limit" in refused.json()["message"], "retry-after" in refused.headers) == (True, False)
    await control.ask("POST", "/clock", {"advance": 86_400})
    assert (await carol.post("Number 3")).status_code == 201


async def test_only_the_text_can_be_changed(carol: LinkedInClient, control: Control) -> None:
    path = f"/rest/posts/{part((await carol.post('Helo')).headers['x-restli-id'])}"
    for changes, status in (({"visibility": "LOGGED_IN"}, 400), ({"commentary": "Hello"}, 204)):
        answer = await carol.ask("POST", path, restli="PARTIAL_UPDATE", json={"patch": {"$set": changes}})
        assert answer.status_code == status
    shown = (await carol.ask("GET", path)).json()
    assert (shown["commentary"], shown["lifecycleStateInfo"]) == ("Hello", {"isEditedByAuthor": True})


async def test_a_post_takes_its_comments_along(carol: LinkedInClient, control: Control) -> None:
    urn = (await carol.post("One")).headers["x-restli-id"]
    said = {"actor": carol.author, "object": urn, "message": {"text": "Two"}}
    made = await carol.ask("POST", f"/rest/socialActions/{part(urn)}/comments", json=said)
    assert (made.status_code, made.json()["commentUrn"].startswith(f"urn:li:comment:({urn},")) == (201, True)
    await carol.ask("DELETE", f"/rest/posts/{part(urn)}", restli="DELETE")
    found = (await control.ask("GET", "/ledger?platform=linkedin"))["posts"]
    assert [post["deleted_at"] is None for post in found] == [False, False]
