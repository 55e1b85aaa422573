"""The verbs of jobs. Each is one short transaction of its caller's; all of them change state by `transition`."""
