"""The `postd` command: one file a family of commands. A root: it may import everything and nothing imports it."""
