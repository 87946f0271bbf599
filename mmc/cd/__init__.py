"""CDs beyond one data track a session: programs of audio and data tracks, at once, track by track, or raw."""
