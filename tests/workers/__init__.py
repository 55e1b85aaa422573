"""The worker processes: how they start and end."""
