"""Audio and other CD tracks from files: samples in, cue sheets, and the way back to files."""
