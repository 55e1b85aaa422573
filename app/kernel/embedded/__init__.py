"""A real PostgreSQL and Valkey out of Python wheels, for the demo, development and the tests.

Here belongs what starts, guards and stops these two servers under one data folder; nothing that speaks SQL or
Redis to them. Roots and tests import `attach`; nothing in production does, there the operator names his own servers.
"""
