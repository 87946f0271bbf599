"""From a block as the host sends it to a sector as it is on the disc."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discstack.emulator.media.compact.parts import BlockForm
from discstack.mmc.spec.cd import sector, sub_channel
from discstack.mmc.spec.cd.packs import Interleaver, all_protected
from discstack.mmc.spec.cd.scrambling import scramble
from discstack.mmc.spec.cd.sector import SUB_HEADER_SIZE, SectorType
from discstack.mmc.spec.cd.sub_channel import PQ_SIZE

SUB_MODE: Final = 2  # of a sub-header
FORM_1_DATA, FORM_2_DATA = 2048, 2324
SILENCE: Final = bytes(2352)


@dataclass(frozen=True, slots=True)
class Sector:
    """A sector, not scrambled, with its sub-channels as P to W one after the other (nothing: the drive makes them)."""

    main: bytes
    channels: bytes = b""

    @property
    def user_data(self) -> bytes | None:
        """The 2048 bytes that READ (10) gives, None where there are none."""
        kind = sector.sector_type(self.main)
        return self.main[sector.PARTS[kind].user_data] if kind in READABLE else None


READABLE: Final = frozenset({SectorType.MODE_1, SectorType.MODE_2_FORM_1})


def encode(lba: int, form: BlockForm, data: memoryview, sub_header: bytes) -> Sector:
    """Return the sector that a block of main channel data becomes; `sub_header` is for blocks that bring none."""
    body = data[: form.size]
    if form.size == len(SILENCE):
        return Sector(bytes(body))
    if form.kind is SectorType.MODE_1:
        return Sector(sector.mode_1(lba, body))
    if form.kind is SectorType.MODE_2_FORMLESS:
        return Sector(sector.mode_2(lba, body))
    if form.size in (FORM_1_DATA, FORM_2_DATA):
        build = sector.mode_2_form_1 if form.size == FORM_1_DATA else sector.mode_2_form_2
        return Sector(build(lba, body, sub_header))
    return Sector(_with_sub_header(lba, body))


def _with_sub_header(lba: int, body: memoryview) -> bytes:
    """Return a sector of the form that the sub-header in the block says."""
    start = bytes(body[:4])
    if start[SUB_MODE] & sector.FORM_2 and len(body) > FORM_1_DATA + SUB_HEADER_SIZE:
        return sector.mode_2_form_2(lba, body[SUB_HEADER_SIZE : SUB_HEADER_SIZE + FORM_2_DATA], start)
    return sector.mode_2_form_1(lba, body[SUB_HEADER_SIZE : SUB_HEADER_SIZE + FORM_1_DATA], start)


def encode_raw(form: BlockForm, data: memoryview, interleaver: Interleaver | None) -> Sector:
    """Return the sector that a raw block is: data, which its sync pattern tells, comes scrambled, as it will lie there.

    Sub-channels come as Q and a bit of P, or as they are on the disc, or (with an `interleaver`) as packs of R to W
    with P and Q above them. The check sum of a Q by itself is the drive's business: cdrdao sends a wrong one.
    """
    main, sub = bytes(data[: form.size]), bytes(data[form.size : form.size + form.sub_channel])
    if form.sub_channel == PQ_SIZE:
        channels = (
            (sub_channel.P_SET if sub[-1] & 0x80 else sub_channel.P_CLEAR) + sub_channel.sealed(sub[:10]) + bytes(72)
        )
    else:
        channels = sub_channel.deinterleave(sub)
        if interleaver is not None:
            channels = channels[:24] + sub_channel.deinterleave(interleaver.push(all_protected(sub)))[24:]
    return Sector(scramble(main) if main.startswith(sector.SYNC) else main, channels)


def pause(lba: int, kind: int) -> Sector:
    """Return a sector of a pause that the drive makes by itself."""
    makers = {
        SectorType.MODE_1: lambda: sector.empty_mode_1(lba),
        SectorType.MODE_2_FORMLESS: lambda: sector.mode_2(lba, bytes(2336)),
        SectorType.MODE_2_FORM_1: lambda: sector.empty_mode_2_form_2(lba),
        SectorType.MODE_2_FORM_2: lambda: sector.empty_mode_2_form_2(lba),
    }
    return Sector(makers[SectorType(kind)]() if kind in makers else SILENCE)
