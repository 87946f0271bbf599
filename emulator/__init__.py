"""A virtual optical drive: the other end of the cable."""
