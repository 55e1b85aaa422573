"""Our own files over HTTP: right types, caching that cannot go stale, and nothing from outside the folder."""

from __future__ import annotations

import gzip
import hashlib

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.http import assets

SCRIPT = "playground/playground.js"
VENDORED = "vendor/react-18.3.1/react.production.min.js"


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=assets.routes()))


def test_an_address_with_the_hash_of_the_content_is_cached_for_a_year(client: TestClient) -> None:
    answer = client.get(assets.address(SCRIPT))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert hashlib.sha256(answer.content).hexdigest().startswith(assets.address(SCRIPT).partition("?v=")[2])


def test_an_address_with_a_version_in_its_folder_is_cached_for_a_year(client: TestClient) -> None:
    assert assets.address(VENDORED) == f"/static/{VENDORED}"
    assert client.get(f"/static/{VENDORED}").headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=000000000000"])
def test_a_bare_or_outdated_address_is_checked_again(client: TestClient, query: str) -> None:
    assert client.get(f"/static/{SCRIPT}{query}").headers["cache-control"] == "public, no-cache"


def test_a_caller_who_holds_the_file_gets_no_body(client: TestClient) -> None:
    etag = client.get(f"/static/{SCRIPT}").headers["etag"]
    answer = client.get(f"/static/{SCRIPT}", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


def test_a_caller_who_holds_another_version_gets_the_file(client: TestClient) -> None:
    answer = client.get(f"/static/{SCRIPT}", headers={"If-None-Match": '"other"'})
    assert answer.status_code == 200


def test_the_packed_form_is_the_same_file(client: TestClient) -> None:
    with client.stream("GET", f"/static/{VENDORED}", headers={"Accept-Encoding": "br, gzip;q=0.5"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(packed) == assets.assets()[VENDORED].body


@pytest.mark.parametrize("offer", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000", "*, gzip;q=0"])
def test_a_caller_who_does_not_take_gzip_gets_the_plain_file(client: TestClient, offer: str) -> None:
    answer = client.get(f"/static/{VENDORED}", headers={"Accept-Encoding": offer})
    assert "content-encoding" not in answer.headers
    assert answer.content == assets.assets()[VENDORED].body


def test_the_head_of_a_file_has_no_body(client: TestClient) -> None:
    answer = client.head(f"/static/{VENDORED}")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "nothing.js",
        "",
        "../assets.py",
        "%2e%2e/assets.py",
        "..%2fassets.py",
        "/etc/passwd",
        "playground",
        "playground/",
    ],
)
def test_only_files_of_the_folder_are_served(client: TestClient, path: str) -> None:
    answer = client.get(f"/static/{path}")
    assert answer.status_code == 404
    assert b"promise" not in answer.content


def test_files_that_are_left_out_are_not_served() -> None:
    client = TestClient(Starlette(routes=assets.routes(without=("playground/", "vendor/"))))
    assert client.get(f"/static/{SCRIPT}").status_code == 404
    assert client.get(f"/static/{VENDORED}").status_code == 404
    assert client.get("/static/icon.svg").status_code == 200


def test_the_address_of_a_file_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        assets.address("nothing.js")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("icon.svg", "image/svg+xml"),
        ("pages.css", "text/css; charset=utf-8"),
        ("playground/examples.json", "application/json"),
        ("vendor/VENDORED.md", "text/plain; charset=utf-8"),
        ("vendor/react-18.3.1/LICENSE", "text/plain; charset=utf-8"),
    ],
)
def test_each_kind_of_file_has_its_own_type(client: TestClient, name: str, media_type: str) -> None:
    assert client.get(f"/static/{name}").headers["content-type"] == media_type
