"""Run workers: Dramatiq's own command line, with our settings in place of its flags."""

from __future__ import annotations

from dramatiq import cli

from app.kernel.settings import Settings

SHUTDOWN_MS = 25_000
"""A worker may finish what it does for so long after SIGTERM; container platforms kill after 30 s."""


def threads(settings: Settings) -> int:
    """Messages that are in hand at a time: fewer than jobs, because a message may name several."""
    return (settings.worker_threads + 1) // 2


def run(settings: Settings) -> int:
    """Run worker processes until SIGTERM or SIGINT; gives the exit status."""
    arguments = [
        "workers.entry:broker",
        "--processes",
        str(settings.worker_processes),
        "--threads",
        str(threads(settings)),
        "--worker-shutdown-timeout",
        str(SHUTDOWN_MS),
    ]
    status: int = cli.main(cli.make_argument_parser().parse_args(arguments))
    return status
