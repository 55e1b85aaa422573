"""Whether posts go out, and what holds them up if not."""
