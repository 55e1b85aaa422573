"""Verbs of figures: who looks next, what was seen, what came of a look."""
