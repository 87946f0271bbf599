"""What T10 defines: command descriptor blocks, reply structures, sense data. Imports nothing of ours but itself."""
