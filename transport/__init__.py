"""Carriers of commands: one command in, one reply out."""
