"""What every benchmark stands on: servers, rows, load, processor time, and how a result is printed.

Only the scripts in `benchmarks` import it. It knows nothing of any single benchmark.
"""
