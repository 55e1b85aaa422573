"""docs/states.md says what the state tables say."""

from __future__ import annotations

from app.domain.connections.states import ConnectionState
from app.domain.jobs.states import JobState
from app.domain.posts.states import PostState
from tests.docs import states_page
from tests.docs.markdown import PROJECT


def test_the_page_is_what_the_tables_give() -> None:
    assert states_page.FILE.read_text() == states_page.render(), f"rewrite it: {states_page.COMMAND}"


def test_every_state_has_a_meaning() -> None:
    for kind in (JobState, PostState, ConnectionState):
        assert all(states_page.words(kind).values()), kind


def test_the_guide_says_what_to_do_in_each_state() -> None:
    guide = (PROJECT / "docs" / "guide.md").read_text()
    missing = [s.name for kind in (JobState, PostState, ConnectionState) for s in kind if f"`{s.name}`" not in guide]

    assert missing == []
