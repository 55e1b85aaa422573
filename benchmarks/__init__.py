"""Scripts that measure POSTD beside a reference in the same run: `python -m benchmarks.<name>`, `--quick` for a look.

What they share is in `benchmarks/measuring`. The application imports nothing from here.
"""
