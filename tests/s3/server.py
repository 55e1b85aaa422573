"""The program that serves S3 for the tests: run by the tests' Python, with the server's own packages and no others.

Prints its address when it listens, and ends when its standard input does: it outlives no test run.
"""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    """Serve until nobody holds the other end."""
    # Found in the server's own folder, which mypy does not see.
    threaded = importlib.import_module("moto.moto_server.threaded_moto_server")
    server = threaded.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
