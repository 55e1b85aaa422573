"""`python -m app.cli` is `postd`."""

from __future__ import annotations

from app.cli.main import main

main()
