"""The connector of `docs/write-a-connector.md` and the tiny server that it talks to."""
