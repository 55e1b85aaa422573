from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from app.domain.jobs.states import FINAL, JobState
from app.domain.posts.states import PostState, project

P = PostState


@pytest.mark.parametrize(
    ("jobs", "state"),
    [
        ("scheduled", P.SCHEDULED),
        ("publishing", P.PUBLISHING),
        ("processing", P.PUBLISHING),
        ("unknown", P.PUBLISHING),
        ("retrying", P.PUBLISHING),
        ("parked", P.NEEDS_ATTENTION),
        ("needs_review", P.NEEDS_ATTENTION),
        ("published", P.PUBLISHED),
        ("failed", P.FAILED),
        ("cancelled", P.CANCELLED),
        ("published cancelled", P.PUBLISHED),
        ("published failed", P.PARTLY_PUBLISHED),
        ("published failed cancelled", P.PARTLY_PUBLISHED),
        ("published scheduled", P.PUBLISHING),
        ("published publishing", P.PUBLISHING),
        ("published parked", P.NEEDS_ATTENTION),
        ("publishing needs_review", P.NEEDS_ATTENTION),
        ("failed scheduled", P.SCHEDULED),
        ("failed cancelled", P.FAILED),
        ("scheduled cancelled", P.SCHEDULED),
    ],
)
def test_the_state_of_a_post_follows_from_its_jobs(jobs: str, state: PostState) -> None:
    assert project(jobs.split()) is state


def test_a_post_whose_jobs_have_ended_has_ended() -> None:
    ended = {P.PUBLISHED, P.PARTLY_PUBLISHED, P.FAILED, P.CANCELLED}
    for jobs in combinations_with_replacement(FINAL, 3):
        assert project(jobs) in ended


def test_a_post_with_a_job_that_goes_on_has_not_ended() -> None:
    ended = {P.PUBLISHED, P.PARTLY_PUBLISHED, P.FAILED, P.CANCELLED}
    for going_on in set(JobState) - set(FINAL):
        for other in JobState:
            assert project([going_on, other]) not in ended
