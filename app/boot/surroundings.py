"""What a command runs in: the settings, and embedded services for the commands that bring their own.

`demo`, `dev`, `all` and the tests embed PostgreSQL and Valkey where no addresses are set; every other command stops
with a sentence. The addresses are put into this process's environment, so that its children find the same servers:
one code path for embedded and for other people's servers.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import typer

from app.domain.tables import metadata
from app.flows.runtime import NotConfigured
from app.kernel import logs
from app.kernel.settings import Settings, read
from app.services import schema
from app.services.vault import generate_key

T = TypeVar("T")


def load() -> Settings:
    """The settings, with logging set up by them."""
    settings = read()
    logs.configure(settings.log_level, json=settings.log_json)
    return settings


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the fast event loop."""
    import uvloop  # noqa: PLC0415 -- not on Windows, where only the client commands run

    return uvloop.run(work)


@contextmanager
def embedded() -> Iterator[Settings]:
    """Settings with services: those that are set, else embedded ones, attached for the time of the block."""
    with ExitStack() as stack:
        settings = read()
        _development_defaults(settings)
        if settings.database_url is None or settings.redis_url is None:
            # Imported here: production installations lack the binaries and never come this way.
            from app.kernel.embedded.attach import attach  # noqa: PLC0415 -- production installations lack the binaries

            typer.echo(f"PostgreSQL and Valkey run under {settings.data_dir}.", err=True)
            servers = stack.enter_context(attach(settings.data_dir))
            os.environ["POSTD_DATABASE_URL"] = servers.database_url
            os.environ["POSTD_REDIS_URL"] = servers.redis_url
        settings = load()
        migrate(settings)
        yield settings


@contextmanager
def attached(*, required: bool = True) -> Iterator[Settings]:
    """Settings with the services that are set, else with the embedded ones of this folder, if they are running.

    Without `required`, settings that name no services are given as they are.

    Raises:
        NotConfigured: neither.
    """
    settings = read()
    if settings.database_url is not None and settings.redis_url is not None:
        yield load()
        return
    if not (settings.data_dir / "services.json").exists():
        if not required:
            yield load()
            return
        raise NotConfigured(
            "Set POSTD_DATABASE_URL and POSTD_REDIS_URL to the servers that this installation uses, "
            "or run this beside `postd dev` or `postd all` in the same folder."
        )
    with embedded() as found:
        yield found


@contextmanager
def scratch_database() -> Iterator[str]:
    """An empty database for the time of the block, on the server that is set or on an embedded one."""
    with ExitStack() as stack:
        settings = read()
        if settings.database_url is not None:
            server = migration_url(settings)
        else:
            from app.kernel.embedded.attach import attach  # noqa: PLC0415 -- as above

            settings.data_dir.mkdir(parents=True, exist_ok=True)
            server = stack.enter_context(attach(settings.data_dir / "test", fast=True)).database_url
        name = f"postd_scratch_{secrets.token_hex(4)}"
        asyncio.run(schema.create_database(server, name))
        try:
            yield schema.named(server, name)
        finally:
            asyncio.run(schema.drop_database(server, name))


def migrate(settings: Settings, to: str = "head") -> None:
    """Bring the database to a version."""
    schema.upgrade(migration_url(settings), metadata(), to)


def migration_url(settings: Settings) -> str:
    """The owner's address.

    Raises:
        NotConfigured: neither address is set.
    """
    url = settings.migration_url or settings.database_url
    if url is None:
        raise NotConfigured("POSTD_MIGRATION_URL or POSTD_DATABASE_URL must name the PostgreSQL server.")
    return url.get_secret_value()


def _development_defaults(settings: Settings) -> None:
    """What a machine without any settings needs; nothing that is set is touched."""
    os.environ.setdefault("POSTD_ENVIRONMENT", "development")
    os.environ.setdefault("POSTD_LOG_JSON", "false")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.vault_keys is None:
        os.environ["POSTD_VAULT_KEYS"] = _kept(settings.data_dir / "vault_keys", generate_key)


def _kept(path: Path, make: Callable[[], str]) -> str:
    # Created with its rights in one step: the key is never readable by others, not even for a moment.
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
    except FileExistsError:
        pass
    return path.read_text()
