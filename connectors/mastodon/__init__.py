"""Mastodon and servers that speak its API: one connector for any instance.

Everything that is particular to Mastodon belongs here; nothing outside `connectors` is imported. Only
`connectors.catalog` and tests import `connectors.mastodon.connector`; the other files are its parts.
"""
