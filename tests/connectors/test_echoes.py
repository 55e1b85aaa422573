from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.echoes import sent_secrets, taken_back
from connectors.exchanges import Exchange
from connectors.http_pool import HttpPool
from connectors.secret import Secret
from connectors.transport import Transport
from tests.connectors.loopback import LOOPBACK, always, serve

TOKEN = "opaque-token-1234567890"


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    async with HttpPool(egress=LOOPBACK) as opened:
        yield opened


def test_what_is_secret_by_its_name_is_known_with_and_without_its_scheme() -> None:
    found = sent_secrets({"authorization": f"DPoP {TOKEN}", "accept": "application/json"}, [{"code": "c" * 20}, None])
    assert found == (f"DPoP {TOKEN}".encode(), TOKEN.encode(), b"c" * 20)


def test_secrets_are_found_in_nested_fields_and_short_words_are_left() -> None:
    fields = {"password": "abc", "text": "a long text that everybody may read", "auth": [{"client_secret": "s" * 9}]}
    assert sent_secrets({}, fields) == (b"s" * 9,)


def test_everything_else_stays() -> None:
    assert taken_back(b"before " + TOKEN.encode() + b" after", [TOKEN.encode()]) == "before ••• after".encode()


async def test_a_refusal_that_repeats_the_token_is_read_without_it(pool: HttpPool) -> None:
    lines: list[Exchange] = []
    async with serve(always(401, f'{{"error":"{TOKEN} is not valid"}}'.encode())) as server:
        got = await Transport(pool, recorder=lines.append).send("POST", server.url, token=Secret(TOKEN), json={"a": 1})
    assert got.json() == {"error": "••• is not valid"}
    assert TOKEN not in repr(lines)


async def test_an_answer_that_gives_the_same_token_again_comes_through_and_is_recorded_without_it(
    pool: HttpPool,
) -> None:
    lines: list[Exchange] = []
    async with serve(always(200, f'{{"text":"{TOKEN}"}}'.encode())) as server:
        got = await Transport(pool, recorder=lines.append).send("POST", server.url, form={"refresh_token": TOKEN})
    assert got.json() == {"text": TOKEN}
    assert [line.response for line in lines] == ['{"text":"•••"}']
