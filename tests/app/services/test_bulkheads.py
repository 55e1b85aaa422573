from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.services.bulkheads import KEPT, Bulkheads, Turn

SLOTS = 16
SHARE = 3


def fill(hulls: Bulkheads[int], key: str, count: int, start: int = 0) -> list[Turn[int]]:
    turns = (hulls.enter({key: SHARE}, f"{key}{number}", number) for number in range(start, start + count))
    return [turn for turn in turns if turn is not None]


def test_one_platform_comes_to_three_quarters() -> None:
    assert len(fill(Bulkheads(SLOTS), "slow", 500)) == 12


def test_two_leave_room_for_a_third() -> None:
    hulls: Bulkheads[int] = Bulkheads(SLOTS)
    held = [len(fill(hulls, key, 50)) for key in ("slow", "slower", "quick")]
    assert held[0] == 12
    assert all(count >= 1 for count in held)


def test_one_slot_is_given_to_whoever_comes() -> None:
    hulls: Bulkheads[int] = Bulkheads(1)
    (turn,) = fill(hulls, "a", 3)
    assert hulls.waiting("a") == 2
    assert hulls.leave(turn) is not None


def test_who_leaves_hands_on_to_the_first_that_fits() -> None:
    hulls: Bulkheads[int] = Bulkheads(SLOTS)
    slow = fill(hulls, "slow", 14)
    following = hulls.leave(slow[0])
    assert following is not None
    assert (following.what, hulls.waiting("slow")) == (12, 1)


def test_who_fails_hands_nothing_on() -> None:
    hulls: Bulkheads[int] = Bulkheads(SLOTS)
    slow = fill(hulls, "slow", 14)
    assert hulls.leave(slow[0], hand_on=False) is None
    assert hulls.waiting("slow") == 2


def test_the_line_is_bounded_and_holds_each_once() -> None:
    hulls: Bulkheads[int] = Bulkheads(SLOTS, line=10)
    fill(hulls, "slow", 100)
    assert (hulls.waiting("slow"), hulls.crowded("slow"), hulls.crowded("quick")) == (10, True, False)
    again: Bulkheads[int] = Bulkheads(1)
    fill(again, "a", 1)
    for _ in range(3):
        again.enter({"a": SHARE}, "same", 7)
    assert again.waiting("a") == 1


def test_a_place_in_the_line_is_given_up_in_time() -> None:
    moment = [0.0]
    hulls: Bulkheads[int] = Bulkheads(SLOTS, clock=lambda: moment[0])
    slow = fill(hulls, "slow", 13)
    moment[0] = KEPT + 1
    assert (hulls.leave(slow[0]), hulls.waiting("slow")) == (None, 0)


KEYS = st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True)


@given(st.integers(1, 20), st.lists(st.one_of(KEYS, st.integers(0, 30)), max_size=120))
def test_no_key_ever_holds_more_than_its_share(slots: int, steps: list[list[str] | int]) -> None:
    hulls: Bulkheads[int] = Bulkheads(slots, line=5)
    running: list[Turn[int]] = []
    for number, step in enumerate(steps):
        if isinstance(step, int):
            if running:
                following = hulls.leave(running.pop(step % len(running)))
                running += [following] if following else []
            continue
        free = slots - len(running)
        held = {key: sum(key in one.keys for one in running) for key in "abc"}
        turn = hulls.enter(dict.fromkeys(step, SHARE), number, number)
        fits = free > 0 and all(held[key] == 0 or (free > 1 and held[key] < SHARE * free) for key in step)
        assert (turn is not None) is fits
        running += [turn] if turn else []
        assert len(running) <= slots
    for key in "abc":
        assert hulls.waiting(key) <= 5
