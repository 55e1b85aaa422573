"""Words about posts: what they say, with which options, when, and what becomes of the verbs on them."""
