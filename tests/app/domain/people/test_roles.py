"""Roles as sets of scopes."""

from __future__ import annotations

from itertools import pairwise

from app.domain.keys.model import Scope
from app.domain.people.roles import OPERATOR, SCOPES, Role, scopes_of


def test_every_role_stands_for_scopes_that_there_are() -> None:
    assert set(SCOPES) == set(Role)
    assert frozenset().union(*SCOPES.values()) | {OPERATOR} == {scope.value for scope in Scope}


def test_each_role_holds_what_the_one_before_it_holds() -> None:
    for lesser, greater in pairwise(Role):
        assert SCOPES[lesser] < SCOPES[greater]


def test_no_role_sees_the_whole_installation_but_an_operator_does() -> None:
    for role in Role:
        assert OPERATOR not in scopes_of(role, operator=False)
        assert scopes_of(role, operator=True) == SCOPES[role] | {OPERATOR}
