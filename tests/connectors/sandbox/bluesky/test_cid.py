"""Content identifiers."""

from __future__ import annotations

import pytest

from connectors.sandbox.bluesky.cid import cid_of_bytes, cid_of_record, encode, sha256_of_cid


def test_the_empty_map_and_the_empty_blob_have_their_known_cids() -> None:
    # Known from the IPLD specifications' own examples.
    assert cid_of_record({}) == "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"
    assert cid_of_bytes(b"") == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


@pytest.mark.parametrize(
    ("value", "hexed"),
    [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (256, "190100"),
        (-1, "20"),
        (-500, "3901f3"),
        ("ü", "62c3bc"),
        ([1, [2]], "82018102"),
        (None, "f6"),
        (True, "f5"),
        ({"$bytes": "AQI"}, "420102"),
    ],
)
def test_values_are_encoded_in_the_shortest_form(value: object, hexed: str) -> None:
    assert encode(value).hex() == hexed


def test_keys_are_sorted_by_length_first() -> None:
    assert encode({"bb": 1, "c": 2, "aa": 3}) == encode({"c": 2, "aa": 3, "bb": 1})
    assert encode({"bb": 1, "c": 2}).hex() == "a2616302626262" + "01"


def test_a_link_is_tag_42_with_a_leading_zero() -> None:
    assert encode({"$link": cid_of_bytes(b"")}).hex().startswith("d82a58250001551220e3b0c442")


@pytest.mark.parametrize("value", [1.5, 2**64, object()])
def test_what_is_not_in_the_data_model_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"not in the data model|beyond 64 bits"):
        encode(value)


def test_the_digest_comes_back_out_of_a_cid() -> None:
    assert sha256_of_cid(cid_of_bytes(b"")).startswith("e3b0c44298fc1c14")
    with pytest.raises(ValueError, match="CID"):
        sha256_of_cid("zQm")
