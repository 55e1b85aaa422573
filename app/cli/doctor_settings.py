"""What `postd doctor` can say of the settings by themselves: keys, folders, files, plug-ins, addresses."""

from __future__ import annotations

from datetime import UTC, datetime

from app.cli.doctor_versions import of_versions
from app.cli.finding import Finding
from app.flows.webhooks.senders import unready
from app.kernel.settings import Settings
from app.services.storage import StorageError, Store
from app.services.vault import Keyring, VaultError
from connectors.catalog import Catalog, UnknownPlatform
from connectors.receivers import RECEIVERS
from resolvers.persisted import listed


def of_settings(settings: Settings) -> list[Finding]:
    """What has to be right before any server is asked. That each value has its form, reading the settings has shown."""
    found = [_vault(settings), _media(settings), *_platforms(settings), _public_url(settings)]
    if settings.persisted_only or settings.persisted_documents is not None:
        found.append(_documents(settings))
    return [*found, *_webhooks(settings)]


def _vault(settings: Settings) -> Finding:
    if settings.vault_keys is None:
        remedy = "Set POSTD_VAULT_KEYS to the output of `postd vault key`."
        return Finding("vault", ok=False, evidence="no master key is set", remedy=remedy)
    try:
        ring = Keyring.parse(settings.vault_keys.get_secret_value())
    except VaultError as error:
        return Finding("vault", ok=False, evidence=str(error), remedy="Correct POSTD_VAULT_KEYS.")
    return Finding("vault", ok=True, evidence=f"newest key {ring.newest}")


def _media(settings: Settings) -> Finding:
    try:
        Store.open(settings.media_store)
    except (StorageError, OSError, ValueError) as error:
        return Finding("media store", ok=False, evidence=str(error), remedy="Correct POSTD_MEDIA_STORE.")
    return Finding("media store", ok=True, evidence=settings.media_store)


def _platforms(settings: Settings) -> list[Finding]:
    try:
        catalog = Catalog.load(settings.connectors)
    except UnknownPlatform as error:
        return [Finding("platforms", ok=False, evidence=str(error), remedy="Correct POSTD_CONNECTORS.")]
    platforms = [connector.capabilities for connector in catalog.all()]
    found = Finding("platforms", ok=True, evidence=", ".join(platform.name for platform in platforms))
    if catalog.broken:
        first = catalog.broken[0]
        evidence = f"{first.entry_point}: {first.reason}"
        found = Finding("platforms", ok=False, evidence=evidence, remedy="Mend the plug-in.")
    return [found, *of_versions(platforms, datetime.now(UTC).date())]


def _public_url(settings: Settings) -> Finding:
    secure = settings.public_url.startswith("https://")
    ok = secure or not settings.production
    return Finding("public url", ok, settings.public_url, "" if ok else "Production needs https in POSTD_PUBLIC_URL.")


def _webhooks(settings: Settings) -> list[Finding]:
    """What is lacking for webhooks of applications that are set; an installation without them lacks nothing."""
    found = []
    for key, receiver in RECEIVERS.items():
        if receiver.app in settings.apps:
            todo = unready(settings, key)
            address = f"{settings.public_url}/webhooks/{key}"
            evidence = f"told at {address}" if todo is None else f"not set up, so nothing is told. {todo}"
            found.append(Finding(f"webhooks of {key}", ok=True, evidence=evidence))
    return found


def _documents(settings: Settings) -> Finding:
    name, path = "persisted documents", settings.persisted_documents
    if path is None:
        remedy = "Set POSTD_PERSISTED_DOCUMENTS to the file, or take POSTD_PERSISTED_ONLY away."
        return Finding(
            name, ok=False, evidence="only listed documents are executed, and no file lists any", remedy=remedy
        )
    try:
        count = len(listed(path))
    except (OSError, ValueError, AttributeError) as error:
        evidence = (
            error.strerror or "" if isinstance(error, OSError) else "it is not a JSON object of hashes and documents"
        )
        remedy = "Correct POSTD_PERSISTED_DOCUMENTS or make the file again: sha256 of a document -> document."
        return Finding(name, ok=False, evidence=f"{path}: {evidence}", remedy=remedy)
    return Finding(name, ok=True, evidence=f"{count} in {path}")
