"""The MMC command layer: definitions in `spec`, above them procedures, recipes and the drive."""
