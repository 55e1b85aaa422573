"""Verbs that change publishing rules: one file each, one short transaction of the caller."""
