"""Facebook and Instagram: what both share, and each by itself, on the simulated Meta."""
