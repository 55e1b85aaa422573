"""What the request log hides."""

from __future__ import annotations

from connectors.sandbox.request_log import redact_body, redact_headers, redact_query


def test_of_a_credential_only_the_scheme_is_kept() -> None:
    headers = [(b"Authorization", b"DPoP abc"), (b"Cookie", b"a=b"), (b"DPoP", b"proof"), (b"Accept", b"*/*")]
    assert redact_headers(headers) == {"authorization": "DPoP •••", "cookie": "•••", "dpop": "•••", "accept": "*/*"}


def test_secret_fields_are_masked_in_queries_forms_and_json() -> None:
    assert redact_query(b"code=abc&limit=1") == [("code", "•••"), ("limit", "1")]
    form = redact_body("application/x-www-form-urlencoded", b"refresh_token=abc&grant_type=refresh_token")
    assert form == {"refresh_token": "•••", "grant_type": "refresh_token"}
    body = redact_body("application/json; charset=utf-8", b'{"a": [{"password": "x"}], "text": "y"}')
    assert body == {"a": [{"password": "•••"}], "text": "y"}


def test_of_other_bodies_the_size_and_digest_are_kept() -> None:
    assert redact_body("image/png", b"abc") == {
        "type": "image/png",
        "size": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }
    assert redact_body("", b"") is None
