"""Accounts are connected, kept alive, readied for a call, and let go."""
