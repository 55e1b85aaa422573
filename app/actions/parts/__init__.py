"""The verbs of `parts`: one short transaction of the caller's each."""
