"""Words about jobs: what they are, what happened to them, and what becomes of the verbs on them."""
