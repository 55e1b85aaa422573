"""Words about connections: how they are, why, and what becomes of the verbs on them."""
