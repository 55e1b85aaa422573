"""What the demo shows: a table of jobs whose states change, or plain lines where there is no terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

STYLES = {
    "SCHEDULED": "dim",
    "PUBLISHING": "yellow",
    "PROCESSING": "yellow",
    "RETRYING": "magenta",
    "PARKED": "magenta",
    "UNKNOWN": "bold red",
    "NEEDS_REVIEW": "bold red",
    "PUBLISHED": "green",
    "FAILED": "red",
    "CANCELLED": "dim",
}


class Screen:
    """The jobs as they are, by what the subscription says."""

    def __init__(self) -> None:
        self.console = Console()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.titles: dict[str, str] = {}
        """What each job is in the story."""
        self.ways: dict[str, list[str]] = {}
        """The states that each job went through."""
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """One line of the story."""
        self.console.print(text, highlight=False, soft_wrap=True)

    def open(self) -> None:
        """Begin to show the table."""
        if self.console.is_terminal:
            self._live = Live(self._table(), console=self.console, refresh_per_second=8)
            self._live.start()

    def close(self) -> None:
        """Leave the table as it is."""
        if self._live is not None:
            self._live.update(self._table())
            self._live.stop()
            self._live = None

    def update(self, job: dict[str, Any]) -> None:
        """A job has changed."""
        key = job["id"]
        way = self.ways.setdefault(key, [])
        self.jobs[key] = job
        if not way or way[-1] != job["state"]:
            way.append(job["state"])
            if self._live is None:
                where = job["connection"]["platform"]["key"]
                self.say(
                    f"  {self.titles.get(key, job['content']['text'][:30]):26} {where:9} {' > '.join(way).lower()}"
                )
        if self._live is not None:
            self._live.update(self._table())

    def _table(self) -> Table:
        table = Table(title="Jobs, live by subscription", expand=False)
        for column in ("post", "where", "state"):
            table.add_column(column, no_wrap=True)
        for column in ("its way", "last trouble"):
            table.add_column(column, overflow="fold")
        for key, job in sorted(self.jobs.items(), key=lambda item: (item[1]["dueAt"], item[0])):
            state = job["state"]
            note = (job["fault"] or {}).get("message", "")
            table.add_row(
                self.titles.get(key, ""),
                job["connection"]["platform"]["key"],
                f"[{STYLES.get(state, '')}]{state.lower()}[/]" if state in STYLES else state.lower(),
                " > ".join(word.lower() for word in self.ways[key]),
                note,
            )
        return table
