"""The verbs of posts. Each is one short transaction of its caller's."""
