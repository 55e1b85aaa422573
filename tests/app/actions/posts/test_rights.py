"""A right that a post needs and the account has not granted is told before anything is planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.actions.posts.rights import missing_rights
from app.actions.posts.schedule import schedule
from app.domain.connections.model import Connection
from app.domain.posts.content import Stored, content, part
from app.domain.posts.errors import InvalidContent
from app.kernel import ids
from connectors.capabilities import Capabilities, ConnectBy, ConnectMethod
from connectors.contract import Severity, Tokens
from connectors.scopes import Scope, ScopeUse
from connectors.secret import Secret
from tests.fixtures.scripted import CAPABILITIES
from tests.fixtures.world import World

SCOPES = (
    Scope("write:notes", "Write notes.", ScopeUse.PUBLISH),
    Scope("write:files", "Upload files.", ScopeUse.MEDIA),
    Scope("read:figures", "Read figures.", ScopeUse.FIGURES),
    Scope("unclear", "Something."),
)
DECLARED = replace(CAPABILITIES, scopes=SCOPES)
TEXT = content([part("Hello")])
THREAD = content([part("Hello"), part("again")])
FILE = content([part("Hello", media=[{"id": str(ids.new()), "alt": None}])])


def lacking(
    granted: list[str],
    stored: Stored = TEXT,
    declared: Capabilities = DECLARED,
    by: str = "oauth",
    kind: str = "profile",
) -> list[str]:
    row = Connection(handle="@ada", kind=kind, method=by, granted_scopes=granted)
    return [one.problem.limit or "" for one in missing_rights(declared, row, stored, 0)]


@pytest.mark.parametrize(
    ("granted", "stored", "missing"),
    [
        (["write:notes", "unclear"], TEXT, []),
        (["write:notes", "unclear"], FILE, ["write:files"]),
        (["write:files", "unclear"], TEXT, ["write:notes"]),
        (["write", "unclear"], FILE, []),
        (["write:notes", "write:files"], FILE, ["unclear"]),
        (["other"], FILE, ["write:notes", "write:files", "unclear"]),
    ],
)
def test_what_a_post_needs_and_has_not(granted: list[str], stored: Stored, missing: list[str]) -> None:
    assert lacking(granted, stored) == missing


@pytest.mark.parametrize(("stored", "missing"), [(TEXT, []), (THREAD, ["write:replies"])])
def test_a_right_for_further_parts_is_missed_by_posts_that_have_some(stored: Stored, missing: list[str]) -> None:
    declared = replace(CAPABILITIES, scopes=(Scope("write:replies", "Write replies.", ScopeUse.PARTS),))
    assert lacking(["other"], stored, declared) == missing


@pytest.mark.parametrize(("kind", "missing"), [("page", ["write:pages"]), ("profile", [])])
def test_a_right_for_one_kind_of_account_is_missed_by_that_kind_only(kind: str, missing: list[str]) -> None:
    scope = Scope("write:pages", "Write for pages.", ScopeUse.PUBLISH, ("page",))
    assert lacking(["other"], declared=replace(CAPABILITIES, scopes=(scope,)), kind=kind) == missing


def test_nothing_is_claimed_where_the_platform_did_not_say_what_it_granted() -> None:
    assert lacking([], FILE) == []


def test_a_password_has_no_rights_to_miss() -> None:
    assert lacking(["other"], FILE, by="app_password") == []


def test_a_way_to_connect_has_rights_of_its_own() -> None:
    way = ConnectMethod(ConnectBy.PAGE, scopes=(Scope("page:write", "Write.", ScopeUse.PUBLISH),))
    assert lacking(["write"], declared=replace(DECLARED, connect=(way,)), by="page") == ["page:write"]


def test_a_right_of_unknown_use_is_only_worth_a_warning() -> None:
    row = Connection(handle="@ada", kind="profile", method="oauth", granted_scopes=["other"])
    found = {one.problem.limit: one.problem.severity for one in missing_rights(DECLARED, row, FILE, 0)}
    assert found == {"write:notes": Severity.ERROR, "write:files": Severity.ERROR, "unclear": Severity.WARNING}


async def test_scheduling_is_refused_with_the_right_and_the_way_to_mend_it(world: World) -> None:
    world.platform.capabilities = DECLARED
    fine = await world.connection("fine", tokens=Tokens(Secret("a"), scopes=("write", "unclear")))
    lacks = await world.connection("lacks", tokens=Tokens(Secret("b"), scopes=("read:figures",)))
    with pytest.raises(InvalidContent) as caught:
        async with world.db.transaction(world.tenant) as session:
            await schedule(session, world.rt.catalog, world.schedule(fine, lacks))
    (found,) = caught.value.problems
    assert (found.platform, found.problem.rule) == ("scripted", "connection.scope")
    assert found.problem.path == ("targets", "1", "connectionId")
    assert found.problem.message == "The account @lacks has not granted the right write:notes. Write notes."
    assert found.problem.fix == "Reconnect the account with reconnectConnection and allow write:notes."
    assert await world.owner.fetchval("SELECT count(*) FROM posts WHERE tenant_id = $1", world.tenant) == 0


async def test_a_warning_does_not_hold_the_post_back(world: World) -> None:
    world.platform.capabilities = DECLARED
    row = await world.connection(tokens=Tokens(Secret("a"), scopes=("write",)))
    async with world.db.transaction(world.tenant) as session:
        done = await schedule(session, world.rt.catalog, world.schedule(row))
    assert [one.problem.limit for one in done.warnings] == ["unclear"]
