"""Files come in, are looked at and kept, and go out again."""
