"""Where posts go: a library of platforms that imports nothing of the application."""
