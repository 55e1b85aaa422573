from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.cli.doctor_versions import of_versions
from connectors.capabilities import ApiVersion
from connectors.catalog import BUILT_IN
from tests.fixtures.scripted import CAPABILITIES

SUNSET = date(2027, 9, 1)
ENDING = replace(CAPABILITIES, name="Scripted", api_version=ApiVersion("202609", "https://a.test", sunset=SUNSET))


@pytest.mark.parametrize(("days", "left"), [(90, "in 90 days"), (1, "in 1 days")])
def test_a_version_that_ends_soon_is_spoken_of(days: int, left: str) -> None:
    (found,) = of_versions([ENDING], SUNSET - timedelta(days=days))
    assert found.ok
    assert found.evidence.startswith(f"version 202609 ends on 2027-09-01, {left}.")


@pytest.mark.parametrize("days", [0, 400])
def test_a_version_that_has_ended_fails(days: int) -> None:
    (found,) = of_versions([ENDING], SUNSET + timedelta(days=days))
    assert (found.ok, found.evidence) == (False, "version 202609 has ended on 2027-09-01")
    assert found.remedy


def test_nothing_is_said_long_before_or_where_no_end_is_known() -> None:
    assert of_versions([ENDING], SUNSET - timedelta(days=91)) == []
    assert of_versions([replace(ENDING, api_version=ApiVersion("1", "https://a.test"))], SUNSET) == []


def test_linkedin_and_meta_state_when_their_versions_end() -> None:
    late = of_versions((one.capabilities for one in BUILT_IN), date(2040, 1, 1))
    assert [item.name for item in late] == ["API of Facebook", "API of Instagram", "API of LinkedIn"]
