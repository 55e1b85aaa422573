"""Which files a content shows."""

from __future__ import annotations

from uuid import uuid4

from app.domain.posts.content import card_image, content, media_ids, part, part_media_ids

CARD = {"url": "https://example.com", "title": None, "description": None}


def test_the_picture_of_a_card_is_a_file_of_its_part() -> None:
    shown, picture = uuid4(), uuid4()
    first = part("Look", [{"id": shown}])
    second = part("And", link={**CARD, "image": picture})
    assert part_media_ids(second) == [picture]
    assert media_ids(content([first, second])) == [shown, picture]


def test_a_card_without_a_picture_is_stored_as_ever() -> None:
    stored = part(link={**CARD, "image": None})
    assert stored["link"] == {"url": "https://example.com", "title": "", "description": ""}
    assert (card_image(stored["link"]), card_image(None), media_ids(content([stored]))) == (None, None, [])
