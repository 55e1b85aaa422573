"""The verbs of API keys."""
