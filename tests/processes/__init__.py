"""The installation as it really runs: its processes are killed, stopped and cut off, and the ledgers are counted."""
