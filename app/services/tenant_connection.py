"""The driver's connection of a tenant's transaction: what begins and what ends one takes a single round trip.

Whose rows may be seen is said in the same breath in which the transaction begins, and the last statements in the same
breath in which it is committed. So the lock that everybody wants (the tenant's event counter) is held by the server
alone and never while this process is busy with something else.
"""

from __future__ import annotations

from uuid import UUID

import asyncpg


class TenantConnection(asyncpg.Connection):  # type: ignore[misc]  # the driver has no types
    """A connection that adds what belongs to a transaction's begin and end."""

    tenant: UUID | None = None
    """Whose rows the next transaction may see."""
    _last: tuple[str, ...] = ()
    _known: frozenset[str] = frozenset()

    async def end_with(self, name: str, definition: str, *values: UUID | int | bytes) -> None:
        """Run a statement as the last one of this transaction, together with its commit; in turn where there are more.

        It is prepared once a connection under `name`; `definition` is what follows that name in a PREPARE. It gives no
        rows. Values are of kinds whose text cannot end a literal, whatever they hold: the server's plain protocol,
        which alone takes several statements at once, has no parameters.
        """
        if name not in self._known:
            await super().execute(f"PREPARE {name} {definition}")
            self._known |= {name}
        self._last += (f"EXECUTE {name}({', '.join(map(_literal, values))})",)

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:
        """Run a statement; one that begins a transaction enters the tenant, one that commits says the last word."""
        if query.startswith("BEGIN"):
            self._last = ()
            if self.tenant is not None:
                # Transaction-local on purpose: a session-level setting would leak through the pool to the next tenant.
                query = f"{query.rstrip(';')}; SET LOCAL app.tenant_id = '{UUID(int=self.tenant.int)}'"
        elif query.startswith("COMMIT") and self._last:
            last, self._last = self._last, ()
            return await self._ended("; ".join((*last, query)), timeout)
        done: str = await super().execute(query, *args, timeout=timeout)
        return done

    async def _ended(self, query: str, timeout: float | None) -> str:
        try:
            done: str = await super().execute(query, timeout=timeout)
        except asyncpg.PostgresError:
            if not self.is_closed() and self.is_in_transaction():
                # The commit was not reached. Nobody else rolls back: to them it has failed and is over.
                await super().execute("ROLLBACK", timeout=timeout)
            raise
        return done


def _literal(value: UUID | int | bytes) -> str:
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    return f"'{UUID(int=value.int)}'" if isinstance(value, UUID) else str(int(value))
