"""Every option that a platform declares can be given by its own input, and nothing else can."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
import strawberry

from app.domain.posts.content import option_media
from app.kernel.errors import InvalidInput, NotFound
from connectors.capabilities import Option
from connectors.catalog import BUILT_IN
from schema.node import encode
from schema.posts.options import NamedOptionInput, PlatformOptionsInput

MEDIA = UUID("00000000-0000-7000-8000-000000000001")
PATH = ("input", "targets", "0", "options")
DECLARED = {one.capabilities.key: one.capabilities for one in BUILT_IN}


def kind_of(hint: Any) -> Any:
    """The type of a field without `| None`."""
    kinds = [one for one in get_args(hint) if one is not NoneType] if get_origin(hint) in (UnionType, Union) else [hint]
    (only,) = kinds
    return only


def input_of(platform: str) -> Any:
    """The class of the platform's own input."""
    return kind_of(get_type_hints(PlatformOptionsInput)[platform])


def samples(hint: Any) -> list[Any]:
    """Values of a field: of an enum each, else one."""
    kind = kind_of(hint)
    if get_origin(kind) is list:
        return [[samples(get_args(kind)[0])[0]]]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return list(kind)
    if kind is bool:
        return [True, False]
    if kind is strawberry.ID:
        return [encode("Media", MEDIA)]
    if hasattr(kind, "__strawberry_definition__"):
        return [kind(**{name: samples(one)[0] for name, one in get_type_hints(kind).items()})]
    return [kind("7")]


def stored(platform: str, given: Any) -> dict[str, Any]:
    return PlatformOptionsInput(**{platform: given}).stored(PATH)


def said(platform: str) -> Iterator[tuple[str, Any]]:
    """Each option that the input can say, with each of its values."""
    kind = input_of(platform)
    for name, hint in get_type_hints(kind).items():
        for value in samples(hint):
            found = stored(platform, kind(**{name: value}))
            assert len(found) == 1, (platform, name, found)
            yield from found.items()


def declared(platform: str) -> dict[str, Option]:
    return {option.name: option for option in DECLARED[platform].options}


@pytest.mark.parametrize("platform", DECLARED)
def test_an_input_says_every_declared_option_and_every_choice_of_it(platform: str) -> None:
    values: dict[str, list[Any]] = {}
    for name, value in said(platform):
        values.setdefault(name, []).append(value)
    known = declared(platform)
    assert values.keys() == known.keys()
    for name, option in known.items():
        if option.choices:
            assert values[name] == list(option.choices) or sorted(values[name]) == sorted(option.choices), name
        assert ({name: MEDIA} if option.media else {}) == option_media({name: values[name][0]})


@pytest.mark.parametrize("platform", DECLARED)
def test_an_input_knows_whose_it_is(platform: str) -> None:
    given = PlatformOptionsInput(**{platform: input_of(platform)()})
    assert (given.platform, given.stored(PATH)) == (platform, {})


def test_options_by_name_are_the_targets_whatever_it_is() -> None:
    given = PlatformOptionsInput(other=[NamedOptionInput(name="format", value="reel")])
    assert (given.platform, given.stored(PATH)) == (None, {"format": "reel"})
    nothing = PlatformOptionsInput(other=[])
    assert (nothing.platform, nothing.stored(PATH)) == (None, {})


def test_an_option_by_name_may_be_an_image() -> None:
    given = PlatformOptionsInput(other=[NamedOptionInput(name="cover", media_id=encode("Media", MEDIA))])
    assert given.stored(PATH) == {"cover": {"media": str(MEDIA)}}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([NamedOptionInput(name="a", value="1"), NamedOptionInput(name="a", value="1")], "“a” stands twice"),
        ([NamedOptionInput(name="a", value="1", media_id=encode("Media", MEDIA))], "a value and an image"),
    ],
)
def test_an_option_by_name_is_given_once_and_in_one_way(options: list[NamedOptionInput], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refusal:
        PlatformOptionsInput(other=options).stored(PATH)
    assert refusal.value.path == (*PATH, "other", str(len(options) - 1))


def test_a_cover_is_the_id_of_a_file() -> None:
    kind = input_of("instagram")
    with pytest.raises(NotFound) as refusal:
        stored("instagram", kind(cover_media_id=encode("Post", MEDIA)))
    assert refusal.value.path == (*PATH, "instagram", "coverMediaId")
