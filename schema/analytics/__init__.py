"""Words about figures: what came of what was planned, and what became of it out there."""
