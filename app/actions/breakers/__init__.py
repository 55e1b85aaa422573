"""The verbs of breakers. Each is one statement of the system role: a breaker belongs to the installation."""
