"""Makes docs/authorization.md out of the authorization table, so that the page and the code cannot disagree.

python -m tests.docs.authorization_page --write
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from app.domain.keys.model import Scope
from app.http.authorization import DOORS, Needs
from resolvers.authorization import FIELDS, HIDDEN, REFUSED, Rule
from schema.words import sentences
from tests.docs.markdown import PROJECT, table

FILE = PROJECT / "docs" / "authorization.md"
COMMAND = "python -m tests.docs.authorization_page --write"
HEAD = f"""\
# Who may do what

This page is made from `resolvers/authorization.py` and `app/http/authorization.py`; tests compare those with the schema
and with the routes of the server. Do not edit it: change the table, then run
`{COMMAND}`.

A caller presents an API key or a token, and has the scopes of that. Everything is asked in the caller's own workspace:
a thing of another one does not exist. How callers are known stands in [security](security.md).
"""
BELOW = """\
## Fields that need more

Everything below a root field is reached through it. These fields show more than its scope gives. Whoever lacks the
scope is refused at the field (`FORBIDDEN`).
"""
NULL = """\
These are null for whoever lacks the scope, as if they did not exist.
"""
ADDRESSES = """\
## Addresses of the server

What is presented to each, before anything is read or done.
"""


def scopes() -> str:
    """The scopes."""
    told = sentences(Scope)
    return table(("scope", "in the API", "allows"), ((f"`{s}`", f"`{s.name}`", told[s.name]) for s in Scope))


def fields(rules: Mapping[str, Rule], head: str) -> str:
    """Fields with their scope and the reason."""
    needs = {name: "nothing" if rule.scope is None else f"`{rule.scope.name}`" for name, rule in rules.items()}
    return table((head, "needs", "why"), ((f"`{name}`", needs[name], rule.why) for name, rule in rules.items()))


def roots() -> str:
    """The root fields by kind."""
    parts = []
    for kind, title in (("Query", "Queries"), ("Mutation", "Mutations"), ("Subscription", "Subscriptions")):
        mine = {name.partition(".")[2]: rule for name, rule in FIELDS.items() if name.startswith(f"{kind}.")}
        parts.append(f"## {title}\n\n{fields(mine, 'field')}")
    return "\n".join(parts)


def addresses() -> str:
    """The addresses, and what their needs mean."""
    told = sentences(Needs)
    doors = ((f"`{door.path}`", ", ".join(door.methods), door.needs.value, door.why) for door in DOORS)
    meanings = table(("what", "meaning"), ((one.value, told[one.name]) for one in Needs))
    return f"{table(('address', 'method', 'needs', 'why'), doors)}\n{meanings}"


def render() -> str:
    """The whole page."""
    below = f"{BELOW}\n{fields(REFUSED, 'field')}\n{NULL}\n{fields(HIDDEN, 'type or field')}"
    return f"{HEAD}\n## Scopes\n\n{scopes()}\n{roots()}\n{below}\n{ADDRESSES}\n{addresses()}"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"usage: {COMMAND}")
    FILE.write_text(render())
