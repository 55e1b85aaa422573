"""The application: kernel, services, nouns, verbs, flows and edges, one above the other (see ARCHITECTURE.md)."""
