"""The catalogue: built-in platforms, plug-ins by entry point, and what is said of one that is broken."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from connectors.catalog import GROUP, Catalog, UnknownPlatform
from tests.connectors.test_example import ENTRY_POINT


def point(value: str, name: str = "murmur") -> EntryPoint:
    return EntryPoint(name, value, GROUP)


BUILT_IN = ["bluesky", "facebook", "instagram", "linkedin", "mastodon"]


def keys(catalog: Catalog) -> list[str]:
    return [connector.capabilities.key for connector in catalog.all()]


def not_a_connector() -> object:
    return object()


def explodes() -> object:
    raise RuntimeError("no licence file")


def test_the_platforms_that_come_with_it_are_there() -> None:
    catalog = Catalog.load(points=[])
    assert keys(catalog) == BUILT_IN
    assert catalog.get("mastodon").capabilities.name == "Mastodon"
    assert catalog.broken == ()


def test_installed_entry_points_are_read() -> None:
    assert set(BUILT_IN) <= set(keys(Catalog.load()))


def test_a_plug_in_is_a_platform_like_any_other() -> None:
    assert keys(Catalog.load(points=[ENTRY_POINT])) == [*BUILT_IN, "murmur"]


def test_only_the_chosen_platforms_are_kept() -> None:
    assert keys(Catalog.load(["mastodon"], points=[ENTRY_POINT])) == ["mastodon"]


def test_an_unknown_platform_is_refused_with_the_known_ones() -> None:
    known = ", ".join([*BUILT_IN, "murmur"])
    with pytest.raises(UnknownPlatform, match=rf"no platform 'nowhere'; there are: {known}\."):
        Catalog.load(["nowhere"], points=[ENTRY_POINT])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("tests.connectors.missing:Murmur", "ModuleNotFoundError: No module named 'tests.connectors.missing'"),
        ("tests.connectors.test_catalog:Absent", "AttributeError: module 'tests.connectors.test_catalog' has no"),
        ("tests.connectors.test_catalog:explodes", "RuntimeError: no licence file"),
        ("tests.connectors.test_catalog:not_a_connector", "TypeError: it is not a connector: capabilities, app_key"),
        ("connectors.mastodon.connector:Mastodon", "ValueError: the key 'mastodon' is taken by another connector"),
    ],
)
def test_a_broken_plug_in_is_reported_and_the_rest_works(value: str, reason: str) -> None:
    catalog = Catalog.load(points=[point(value)])
    assert keys(catalog) == BUILT_IN
    assert [item.entry_point for item in catalog.broken] == [f"murmur = {value}"]
    assert catalog.broken[0].reason.startswith(reason)


def test_a_wanted_plug_in_that_is_broken_says_why() -> None:
    with pytest.raises(UnknownPlatform, match="could not be loaded: RuntimeError: no licence file"):
        Catalog.load(["murmur"], points=[point("tests.connectors.test_catalog:explodes")])
