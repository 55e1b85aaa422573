"""What takes time: each flow leads verbs across the network, every wait outside of a transaction."""
