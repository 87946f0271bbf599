"""The ways in which the names and files of a volume can be read."""

from __future__ import annotations

from enum import Enum


class VolumeView(Enum):
    """What a tree is read from; the order is that of preference."""

    UDF = "UDF"
    ROCK_RIDGE = "Rock Ridge"
    JOLIET = "Joliet"
    ENHANCED = "ISO 9660:1999"
    ISO9660 = "ISO 9660"
