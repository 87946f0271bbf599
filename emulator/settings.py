"""How a virtual drive is made: its name, its buffer and its ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this drive is made."""

    vendor: str = "DISCSTAK"
    product: str = "VIRTUAL BURNER"
    revision: str = "1.00"
    serial: str = "DS0000000001"
    buffer: int = 4 << 20
    busy: bool = False  # answer 2/04/08 when the buffer is full, instead of holding the WRITE back
    read_breaks_write: bool = False  # a READ between WRITEs makes the next WRITE fail with 5/2C/00
    untimed_lead_in: bool = False  # a cue sheet whose lead-in has a time is refused, as LG and Pioneer drives do
    loads_when_told: bool = False  # with power a disc in the closed tray is unknown until START STOP UNIT loads it

    def __post_init__(self) -> None:
        for name, text, longest in (
            ("vendor", self.vendor, 8),
            ("product", self.product, 16),
            ("revision", self.revision, 4),
            ("serial number", self.serial, 32),
        ):
            if not text.isascii() or not text.isprintable() or not 0 < len(text) <= longest:
                raise ValueError(f"a drive's {name} is 1 to {longest} printable ASCII characters, not {text!r}")


DEFAULTS: Final = Settings()
