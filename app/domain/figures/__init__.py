"""Figures: what became of posts out there, as the platforms tell it: snapshots, the newest, and who looks when."""
