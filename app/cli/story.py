"""The command that plays the demo."""

from __future__ import annotations

from typing import Annotated

import typer

from app.demo.main import play

Once = Annotated[bool, typer.Option("--once", help="End after the story; exit 0 only if every post went out once.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(once: Once = False) -> None:
    """Show everything on this machine: simulated platforms, real servers, posts going out live."""
    raise typer.Exit(play(once=once))
