"""Disc images: the tree, the plan and the views over one set of file data."""
