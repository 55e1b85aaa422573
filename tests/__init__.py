"""The tests mirror the tree: `app/services/vault.py` is tested by `tests/app/services/test_vault.py`."""
