"""What a CD's sectors and sub-channels are made of (ECMA-130, IEC 60908, MMC-6 4.2): pure functions on bytes."""
