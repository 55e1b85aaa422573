"""Simulated platforms: a Bluesky server and a Mastodon instance that speak the real wire protocols on loopback.

Belongs here: what the platforms do, written from their own specifications, with a ledger of effects and
programmable faults. Does not belong here: anything of our connectors, which must meet the platforms only over
HTTP. Imported by the `postd sandbox` command, the demo and tests; imports nothing of ours.
"""
