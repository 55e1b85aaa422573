"""The benchmarks run: no figure is checked, because a busy machine must fail no test."""
