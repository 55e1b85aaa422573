"""The verbs of incoming webhooks: write one down, take it, settle it, replay it, and keep what concerns a workspace."""
