"""Technical services over the kernel: database, vault, bus, events, wake-ups, limits, paging, storage.

They know no noun.
"""
