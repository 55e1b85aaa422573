"""The verbs of mail that waits to be sent."""
