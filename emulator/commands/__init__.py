"""Handlers of the drive's commands, by subject."""
