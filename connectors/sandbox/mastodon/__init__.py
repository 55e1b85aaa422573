"""A simulated Mastodon instance: application registration, OAuth, media and statuses.

Written from Mastodon's API documentation. Imported by the sandbox's server only.
"""
