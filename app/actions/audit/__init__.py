"""The verbs of the audit log."""
