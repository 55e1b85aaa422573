"""Verbs about many jobs at once: chosen by a filter or by name, a page a call, looked at first, changed one by one."""
