from __future__ import annotations

import pytest

from connectors.client_metadata import client_id, client_metadata, is_loopback, redirect_uri

SCOPES = ("atproto", "transition:generic")
CALLBACK = "https://postd.example/oauth/bluesky/callback"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://postd.localhost", True),
        ("http://[::1]:8000", True),
        ("https://postd.example", False),
        ("https://10.0.0.1", False),
        ("https://localhost.example", False),
    ],
)
def test_which_origins_mean_development(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [
        ("http://localhost:8000", "http://127.0.0.1:8000/cb"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/cb"),
        ("http://localhost", "http://127.0.0.1/cb"),
        ("http://[::1]:8000", "http://[::1]:8000/cb"),
        ("https://postd.example", "https://postd.example/cb"),
        ("https://postd.example:8443/", "https://postd.example:8443/cb"),
    ],
)
def test_redirect_addresses(public_url: str, expected: str) -> None:
    assert redirect_uri(public_url, "/cb") == expected


def test_the_client_id_in_development_carries_its_settings() -> None:
    assert client_id("http://localhost:8000", ["http://127.0.0.1:8000/cb"], SCOPES) == (
        "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fcb&scope=atproto+transition%3Ageneric"
    )


def test_the_client_id_of_an_installation_is_the_address_of_its_document() -> None:
    assert client_id("https://postd.example/", [CALLBACK], SCOPES) == (
        "https://postd.example/oauth/client-metadata.json"
    )


def test_the_document_of_a_public_client() -> None:
    assert client_metadata("https://postd.example", "POSTD", [CALLBACK], SCOPES, confidential=False) == {
        "client_id": "https://postd.example/oauth/client-metadata.json",
        "application_type": "web",
        "client_name": "POSTD",
        "client_uri": "https://postd.example",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "atproto transition:generic",
        "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": True,
    }


def test_the_document_of_a_confidential_client_points_to_its_keys() -> None:
    document = client_metadata("https://postd.example", "POSTD", [CALLBACK], SCOPES, confidential=True)
    assert document["token_endpoint_auth_method"] == "private_key_jwt"
    assert document["token_endpoint_auth_signing_alg"] == "ES256"
    assert document["jwks_uri"] == "https://postd.example/oauth/jwks.json"
