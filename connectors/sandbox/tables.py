"""What the simulated platforms must remember beside posts: accounts, sessions, tokens, clients, uploads.

Small tables of JSON values, kept in memory and in one journal: a restart, also after `kill -9`, keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.sandbox.journal import Journal

Row = dict[str, Any]


class Tables:
    """Named tables; each maps a text key to a JSON object. Rows are replaced whole, never changed in place."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._tables: dict[str, dict[str, Row]] = {}
        for line in self._journal.lines():
            self._take(line["table"], line["key"], line["row"])
        self._journal.replace(
            [
                {"table": name, "key": key, "row": row}
                for name, rows in self._tables.items()
                for key, row in rows.items()
            ]
        )

    def get(self, table: str, key: str) -> Row | None:
        """The row, or None."""
        return self._tables.get(table, {}).get(key)

    def put(self, table: str, key: str, row: Row) -> None:
        """Set the row. When this returns, the change outlives the process."""
        self._journal.append([{"table": table, "key": key, "row": row}])
        self._take(table, key, row)

    def drop(self, table: str, key: str) -> Row | None:
        """Remove the row and give it back; None where there is none."""
        row = self.get(table, key)
        if row is not None:
            self._journal.append([{"table": table, "key": key, "row": None}])
            self._take(table, key, None)
        return row

    def rows(self, table: str) -> Iterator[tuple[str, Row]]:
        """Every row in the order of its first writing. The table may be changed while the rows are read."""
        yield from list(self._tables.get(table, {}).items())

    def close(self) -> None:
        """Close the file."""
        self._journal.close()

    def _take(self, table: str, key: str, row: Row | None) -> None:
        rows = self._tables.setdefault(table, {})
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row
