"""Bluesky and every other server of the AT Protocol: the connector and what only it needs.

The class is `connector.Bluesky`; the catalogue imports it and nothing else from here. Nothing of the application
is imported, and HTTP, tokens and proofs go through the shared files beside this folder.
"""
