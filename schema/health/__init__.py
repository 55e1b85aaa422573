"""Words about health: parts, platforms, what was counted, and whether what waits will go out."""
