"""From a plan to a post that is out: prepared, sent once, settled, looked for where the answer is missing."""
