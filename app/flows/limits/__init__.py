"""Whether a platform may be called now: breakers, paces and pauses, allowances. What may not go now waits as a row."""
