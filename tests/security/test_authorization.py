"""The authorization table is whole and true: every root field, every narrower field and every address stands in it."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.routing import Route, WebSocketRoute

from app.http.authorization import DOORS, SOCKET
from app.main import routes
from resolvers.api import SCHEMA
from resolvers.authorization import FIELDS, HIDDEN, REFUSED
from tests.docs import authorization_page
from tests.fixtures.world import World

ROOTS = {"Query", "Mutation", "Subscription"}
ANY = ("POST", "GET")
"""The methods of an address that answers every other one with 405."""


def scoped() -> Iterator[tuple[str, str, str | None]]:
    """Every field of the API's own types, with the scope that it checks."""
    for name, kind in SCHEMA._schema.type_map.items():
        definition = (kind.extensions or {}).get("strawberry-definition")
        for field in getattr(definition, "fields", ()):
            scope = field.metadata.get("scope") if hasattr(field, "metadata") else None
            yield name, f"{name}.{SCHEMA.config.name_converter.get_graphql_name(field)}", scope


def test_every_root_field_has_its_entry() -> None:
    checked = {path: scope for kind, path, scope in scoped() if kind in ROOTS}
    assert {path: rule.scope for path, rule in FIELDS.items()} == checked


def test_every_field_that_checks_a_scope_itself_has_its_entry() -> None:
    checked = {path: scope for kind, path, scope in scoped() if kind not in ROOTS and scope is not None}
    assert {path: rule.scope for path, rule in REFUSED.items()} == checked


def test_what_is_hidden_exists() -> None:
    names = {name for name, _, _ in scoped()} | {path for _, path, _ in scoped()}
    assert set(HIDDEN) <= names


async def test_every_address_has_its_entry(world: World) -> None:
    served = set()
    for route in routes(world.rt):
        if isinstance(route, WebSocketRoute):
            served.add((route.path, SOCKET))
            continue
        assert isinstance(route, Route), route
        methods = ANY if route.methods is None else route.methods - {"HEAD"}
        served |= {(route.path, method) for method in methods}
    assert {(door.path, method) for door in DOORS for method in door.methods} == served


def test_the_page_is_what_the_table_gives() -> None:
    assert authorization_page.FILE.read_text() == authorization_page.render(), (
        f"rewrite it: {authorization_page.COMMAND}"
    )
