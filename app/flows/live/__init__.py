"""What a client follows: the feed of changes, and the connections that carry it."""
