"""Which platforms there are: those that come with POSTD, named one by one, and those that plug-ins add.

A plug-in is any installed package with an entry point in the group `postd.connectors`; the entry point names a
class (or a function) that is called without arguments and gives a connector. A plug-in that cannot be loaded stops
nothing: it is left out, and `Catalog.broken` says which one and why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from connectors.bluesky.connector import Bluesky
from connectors.capabilities import Capabilities
from connectors.contract import Connector
from connectors.facebook.connector import Facebook
from connectors.instagram.connector import Instagram
from connectors.linkedin.connector import LinkedIn
from connectors.mastodon.connector import Mastodon

GROUP: Final = "postd.connectors"
"""The entry point group of plug-ins."""

BUILT_IN: Final[tuple[Connector, ...]] = (Bluesky(), Facebook(), Instagram(), LinkedIn(), Mastodon())

_METHODS: Final = tuple(name for name in vars(Connector) if not name.startswith("_") and name != "capabilities")


class UnknownPlatform(LookupError):
    """No connector has this key. The message lists the keys that there are."""


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plug-in that was found and could not be used."""

    entry_point: str
    """Name and value as in the package's metadata, e.g. `murmur = murmur.connector:Murmur`."""
    package: str
    reason: str
    """One sentence for the operator."""


class Catalog:
    """The connectors of this installation, by key. Built once at start; does not change."""

    def __init__(self, connectors: Iterable[Connector], broken: Sequence[BrokenPlugin] = ()) -> None:
        self._by_key = {connector.capabilities.key: connector for connector in connectors}
        self.broken = tuple(broken)

    @classmethod
    def load(cls, keys: Collection[str] = (), points: Iterable[EntryPoint] | None = None) -> Catalog:
        """The built-in connectors and the plug-ins; with `keys`, only those platforms.

        `points` are the entry points to read, by default all installed ones of the group. Raises `UnknownPlatform`
        for a key that no connector has, with the reason where a plug-in failed to load.
        """
        found = {connector.capabilities.key: connector for connector in BUILT_IN}
        broken: list[BrokenPlugin] = []
        for point in entry_points(group=GROUP) if points is None else points:
            try:
                connector = _load(point, taken=found)
            except Exception as error:  # noqa: BLE001 -- code of others: whatever it raises is reported, not passed on
                broken.append(_report(point, error))
            else:
                found[connector.capabilities.key] = connector
        whole = cls(found.values(), broken)
        return cls([whole.get(key) for key in keys], broken) if keys else whole

    def get(self, key: str) -> Connector:
        """The connector of a platform. Raises `UnknownPlatform`."""
        try:
            return self._by_key[key]
        except KeyError:
            known = ", ".join(sorted(self._by_key)) or "none"
            failed = "".join(
                f" Plug-in {item.entry_point!r} could not be loaded: {item.reason}" for item in self.broken
            )
            raise UnknownPlatform(f"There is no platform {key!r}; there are: {known}.{failed}") from None

    def all(self) -> tuple[Connector, ...]:
        """Every connector, ordered by key."""
        return tuple(self._by_key[key] for key in sorted(self._by_key))


def _load(point: EntryPoint, taken: Collection[str]) -> Connector:
    made = point.load()()
    missing = [name for name in _METHODS if not callable(getattr(made, name, None))]
    if not isinstance(getattr(made, "capabilities", None), Capabilities):
        missing.insert(0, "capabilities")
    if missing:
        raise TypeError(f"it is not a connector: {', '.join(missing)} missing")
    connector = cast("Connector", made)
    if connector.capabilities.key in taken:
        raise ValueError(f"the key {connector.capabilities.key!r} is taken by another connector")
    return connector


def _report(point: EntryPoint, error: Exception) -> BrokenPlugin:
    package = point.dist.name if point.dist is not None else "unknown"
    return BrokenPlugin(f"{point.name} = {point.value}", package, f"{type(error).__name__}: {error}")
