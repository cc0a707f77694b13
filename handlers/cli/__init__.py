"""Operator commands; each imports what it needs when it runs, so that `--help` and the offline ones start in under a second."""
