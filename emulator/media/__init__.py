"""Discs: what each family of media answers and takes."""
