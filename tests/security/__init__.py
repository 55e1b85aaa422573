"""What an attacker would try against the installation as a whole, and what must hold whatever else changes.

The tests of one file's own promises stand beside that file; here stand those that cross many: canaries, ids of other
tenants, swapped secrets, origins, headers, the refusal to start.
"""
