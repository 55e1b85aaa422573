"""The story that `make demo` plays: real servers and protocols, simulated platforms, over the public API only."""
