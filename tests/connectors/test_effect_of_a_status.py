"""What a status proves about the irreversible request: a refusal of the client's doing, and nothing else, proves that
nothing was done."""

from __future__ import annotations

import pytest

from connectors.faults import Effect, classify


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 500, 502, 503, 520, 599])
def test_a_redirect_or_trouble_leaves_the_outcome_unknown(status: int) -> None:
    assert classify((), status=status, code=None, words="", effect=Effect.UNKNOWN).effect is Effect.UNKNOWN


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 429])
def test_a_refusal_proves_that_nothing_was_done(status: int) -> None:
    assert classify((), status=status, code=None, words="", effect=Effect.UNKNOWN).effect is Effect.NONE


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_request_without_an_effect_has_none_whatever_comes_back(status: int) -> None:
    assert classify((), status=status, code=None, words="", effect=Effect.NONE).effect is Effect.NONE
