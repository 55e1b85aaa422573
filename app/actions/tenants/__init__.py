"""The verbs of tenants."""
