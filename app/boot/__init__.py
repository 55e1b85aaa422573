"""How roots start: settings with or without embedded services, and groups of processes. Only roots import it."""
