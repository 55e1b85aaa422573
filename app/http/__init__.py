"""REST edges: connect pages, OAuth callbacks, probes, metrics, media, the playground page."""
