"""The verbs of connections. All of them change state by `transition`."""
