"""Recordings of what was said to a drive and what it answered: written as text or for Wireshark, read, and replayed."""
