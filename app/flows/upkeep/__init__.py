"""What keeps an installation sound while nobody looks."""
