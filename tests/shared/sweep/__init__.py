"""The fault sweep: every job on every medium, each of its commands failing in every way; `python -m sweep` runs it."""
