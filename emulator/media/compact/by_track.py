"""Track at once and packets: the open track grows (MMC-6 4.2.3.7, 4.2.3.8)."""

from __future__ import annotations

from typing import Final

from discstack.emulator.conditions import ILLEGAL_MODE, INVALID_ADDRESS_FOR_WRITE, OUT_OF_RANGE, Refusal, at
from discstack.emulator.media.base import round_up
from discstack.emulator.media.compact.encode import encode
from discstack.emulator.media.compact.parts import VARIABLE, CdTrack
from discstack.emulator.media.compact.recording import Recording
from discstack.mmc.spec.cd.packets import LINKS
from discstack.mmc.spec.cd.sector import SectorType
from discstack.mmc.spec.msf import PREGAP

PACKED: Final = frozenset({SectorType.MODE_1, SectorType.MODE_2_FORM_1})  # what packets hold


class TrackRecording(Recording):
    """Track at once: the open track grows, and a flush ends it."""

    def write(self, lba: int, count: int, data: memoryview) -> None:
        """Take blocks at the next writable address of a track."""
        disc = self.disc
        if lba >= disc.capacity:
            raise Refusal(at(OUT_OF_RANGE, lba))
        growing = (t for t in disc.cd_tracks if not (t.closed or t.whole or t.damaged))
        track = next((t for t in growing if t.next_writable == lba), None)
        if track is None:
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        announced = self.form.kind, disc.parameters.track_mode, self.packet
        if track.written and (track.form, track.control, track.packet) != announced:
            raise Refusal(ILLEGAL_MODE)
        limit = disc.limit(track)
        if lba + count > limit:
            raise Refusal(at(OUT_OF_RANGE if track.size is None else INVALID_ADDRESS_FOR_WRITE, limit))
        if not count:
            return
        disc.rehearse()
        first = not track.written
        if first:
            self._begin(track)
        if lba > track.end:
            track.links.append(track.end - track.start)
        self._record(track, lba, count, data)
        track.written, track.link = lba + count - track.start, 0
        disc.writing = track
        if first or track is not disc.track_list[-1]:
            disc.changed()

    def _begin(self, track: CdTrack) -> None:
        disc, parameters = self.disc, self.disc.parameters
        first = not any(t.written for t in disc.cd_tracks if t.session == track.session)
        track.form, track.control = self.form.kind, parameters.track_mode
        track.stored, track.packet = self.form.kind is not SectorType.MODE_1, self.packet
        track.pregap = PREGAP if first or track.is_audio else 0
        track.isrc = parameters.isrc if track.is_audio else ""
        track.copied = parameters.copy and track.is_audio
        session = disc.session(track.session)
        session.disc_type = parameters.session_format
        session.catalogue = session.catalogue or parameters.catalogue

    def _record(self, track: CdTrack, lba: int, count: int, data: memoryview) -> None:
        if self.disc.rehearsal is not None:
            return
        if not track.stored:
            self.disc.store.write(lba, data)
            return
        size, sub_header = self.block_size(lba), self.disc.parameters.sub_header
        blocks = [data[number * size : (number + 1) * size] for number in range(count)]
        made = [encode(number, self.form, block, sub_header) for number, block in enumerate(blocks, lba)]
        self.disc.surface.put(lba, made)

    def flush(self) -> None:
        """End the track that is being written: pad it to 4 s, add the run-out blocks."""
        self.disc.end_tracks()


class PacketRecording(TrackRecording):
    """Packets: a flush ends one, and the track goes on behind the blocks that link the next one to it.

    Between packets of a fixed size these blocks have no addresses; a part of a packet is padded.
    """

    @property
    def packet(self) -> int:
        """How many blocks of user data are in a packet, as the mode page says."""
        parameters = self.disc.parameters
        return parameters.packet_size if parameters.fixed_packets else VARIABLE

    def write(self, lba: int, count: int, data: memoryview) -> None:
        """Take blocks of user data."""
        parameters = self.disc.parameters
        if self.form.kind not in PACKED or (parameters.fixed_packets and not parameters.packet_size):
            raise Refusal(ILLEGAL_MODE)
        super().write(lba, count, data)

    def flush(self) -> None:
        """End the packet that is being written."""
        disc, track = self.disc, self.disc.writing
        disc.writing = None
        if not isinstance(track, CdTrack) or track.packet is None or track.closed:
            return
        if track.packet:
            track.written = min(round_up(track.written, track.packet), disc.limit(track) - track.start)
            disc.pad(track.end)
        else:
            track.link = LINKS
        disc.changed()

    def interrupt(self) -> None:
        """End the packet, as the buffer ran empty."""
        self.flush()
