"""The `postd` command and its families."""

from __future__ import annotations

import getpass
import sys

import typer

from app.cli import (
    analytics,
    audit,
    database,
    dead_letters,
    doctor,
    health,
    jobs,
    keys,
    plans,
    platforms,
    prune,
    sandbox,
    serve,
    story,
    tenants,
    users,
    vault,
    verify,
    webhooks,
)
from app.flows.boot import BootRefused
from app.flows.runtime import NotConfigured
from app.kernel.embedded.faults import EmbeddedError
from app.kernel.errors import DomainError
from app.kernel.settings import SettingsRefused
from app.services.callers import CALLER, Caller
from app.services.vault import VaultError
from app.version import VERSION

app = typer.Typer(
    name="postd",
    help="Publish to social platforms: once, at its time, or you know exactly why not.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
serve.register(app)
story.register(app)
database.register(app)
sandbox.register(app)
doctor.register(app)
health.register(app)
verify.register(app)
prune.register(app)
app.add_typer(analytics.app, name="analytics")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(plans.app, name="plans")
app.add_typer(platforms.app, name="platforms")
app.add_typer(tenants.app, name="tenant")
app.add_typer(users.app, name="users")
app.add_typer(dead_letters.app, name="dlq")
app.add_typer(jobs.app, name="jobs")
app.add_typer(vault.app, name="vault")
app.add_typer(webhooks.app, name="webhooks")


@app.command()
def version() -> None:
    """Say which release this is."""
    typer.echo(VERSION)


def main() -> None:
    """Run the command; an error that an operator can mend is one sentence, not a traceback."""
    CALLER.set(Caller(_user()))
    try:
        app()
    except (SettingsRefused, NotConfigured, BootRefused, EmbeddedError, VaultError) as error:
        _stop(str(error))
    except DomainError as refusal:
        _stop(f"{refusal.message} {refusal.hint}".strip())


def _user() -> str | None:
    """Who is at the shell; None where the machine does not know."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without this user
        return None


def _stop(message: str) -> None:
    typer.echo(message, err=True)
    sys.exit(1)
