"""Alembic migrations: plain, reversible, each able to run beside the previous release."""
