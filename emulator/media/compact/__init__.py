"""CD-R and CD-RW: sessions of tracks of audio and data, written a track at a time, a session at a time, or raw."""
