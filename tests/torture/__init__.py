"""The proof: every window of a publish, on every platform, under every fault; then storms, and campaigns by seed.

Real processes, real servers, no switch in the product's code: `python -m tests.torture --help`, or `make torture`.
"""
