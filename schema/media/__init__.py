"""Words about files, and what becomes of the verbs on them."""
