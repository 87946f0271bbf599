"""CD-RW: what can be taken back (MMC-6 6.2), and writing anywhere once the disc is formatted.

In fixed packets (MMC-6 4.2.3.7) the host writes whole ones; on a Mount Rainier disc the drive sees to packets and
defects, and takes blocks. Its packets for data and those that stand in for defects take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from discstack.emulator.conditions import (
    ILLEGAL_MODE,
    INVALID_ADDRESS_FOR_WRITE,
    OUT_OF_RANGE,
    SESSION_FIXATION,
    Refusal,
    at,
    invalid_field,
    invalid_parameter,
)
from discstack.emulator.media.base import FORMAT_IN_PROGRESS, Job
from discstack.emulator.media.compact.disc import CDR
from discstack.emulator.media.compact.parts import CdTrack
from discstack.emulator.media.track_medium import Track
from discstack.mmc.spec.capacities import FormatCapacities, FormattableCapacity
from discstack.mmc.spec.cd.packets import packet_room
from discstack.mmc.spec.disc_information import BackgroundFormat, DiscInformation, DiscStatus
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.mode_page_values import WriteType
from discstack.mmc.spec.track_information import TrackInformation

FULL, MINIMAL, TRACK, UNRESERVE, TAIL, UNCLOSE, ERASE_SESSION = range(7)  # blanking types, MMC-6 6.2.2.3
PACKET: Final = 32  # blocks of user data in a packet
INCREMENTAL: Final = 0x5  # track mode of data in packets
WHOLE: Final = 0xFFFFFFFF
# Packets of a Mount Rainier disc, from Philips's description of the format; the second tables are copies of the first,
# which lie in the lead-in
SPARE_AREA, DATA_AREA, GENERAL_APPLICATION, SECOND_TABLES = 8, 136, 32, 33


class CDRW(CDR):
    """CD-RW: the same, and it can be blanked, or formatted for fixed packets."""

    erasable = True

    # -- fixed packets ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps of the disc."""
        return {**super().state(), "packets": self.restricted_overwrite, "mount_rainier": self.mount_rainier}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        super().restore(state)
        self.restricted_overwrite = bool(state.get("packets"))
        self.mount_rainier = bool(state.get("mount_rainier"))

    def start_over(self) -> None:
        """Make the disc blank."""
        self.restricted_overwrite = self.mount_rainier = False
        super().start_over()

    @property
    def packet_blocks(self) -> int:
        """How many blocks of user data fit in fixed packets; those before the first lie in the pre-gap."""
        return packet_room(self.total, PACKET)

    @property
    def managed_blocks(self) -> int:
        """How many blocks of user data fit on a Mount Rainier disc: each data area comes behind its spare one."""
        packets = max(self.packet_blocks // PACKET - GENERAL_APPLICATION - SECOND_TABLES, 0)
        whole, rest = divmod(packets, SPARE_AREA + DATA_AREA)
        return (whole * DATA_AREA + max(rest - SPARE_AREA, 0)) * PACKET

    def format_capacities(self) -> FormatCapacities:
        """Return the present capacity, and those in fixed packets and as a Mount Rainier disc."""
        present = super().format_capacities().current
        row = FormattableCapacity(
            number_of_blocks=self.packet_blocks,
            format_type=FormatType.CD_RW_DVD_RW_FULL,
            type_dependent_parameter=PACKET,
        )
        managed = FormattableCapacity(number_of_blocks=self.managed_blocks, format_type=FormatType.MRW)
        return FormatCapacities(current=present, formattable=(row, managed))

    def format(self, wanted: FormatUnitParameters) -> Job:
        """Format the whole disc in packets of 32 blocks, which the host or the drive sees to."""
        if wanted.format_type == FormatType.MRW:
            if wanted.number_of_blocks not in (self.managed_blocks, WHOLE):
                raise invalid_parameter(4)
            return self._formatting(self.managed_blocks, managed=True)
        if wanted.format_type != FormatType.CD_RW_DVD_RW_FULL:
            raise invalid_parameter(8)
        if wanted.type_dependent_parameter != PACKET:
            raise invalid_parameter(9)
        if wanted.number_of_blocks not in (self.packet_blocks, WHOLE):
            raise invalid_parameter(4)
        return self._formatting(self.packet_blocks, managed=False)

    def _formatting(self, blocks: int, *, managed: bool) -> Job:
        def finish() -> None:
            self.start_over()
            self.track_list = [CdTrack(1, 0, blocks, blocks, closed=True)]
            self.final, self.mount_rainier, self.restricted_overwrite = True, managed, not managed
            self.store.extend(blocks)
            self.changed()

        return Job(self.total * 2048 / self.write_rate, finish, FORMAT_IN_PROGRESS)

    def disc(self) -> DiscInformation:
        """Describe the disc; one that the drive manages is neither blank nor finalized."""
        disc = super().disc()
        if not self.mount_rainier:
            return disc
        return replace(disc, disc_status=DiscStatus.OTHERS, bg_format_status=BackgroundFormat.COMPLETE)

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks or whole packets anywhere on a formatted disc; else as on a CD-R."""
        if self.mount_rainier:
            if lba < 0 or lba + count > self.blocks():
                raise Refusal(at(OUT_OF_RANGE, lba))
            self.store.write(lba, data)
            return
        if not self.restricted_overwrite:
            super().write(lba, count, data, streaming=streaming)
            return
        parameters = self.parameters
        if parameters.write_type != WriteType.PACKET_INCREMENTAL or parameters.packet_size != PACKET:
            raise Refusal(ILLEGAL_MODE)
        if lba < 0 or lba + count > self.blocks():
            raise Refusal(at(OUT_OF_RANGE, lba))
        if lba % PACKET or count % PACKET:
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        self.store.write(lba, data)

    def _describe(self, number: int, track: Track) -> TrackInformation:
        described = super()._describe(number, track)
        if not (self.restricted_overwrite or self.mount_rainier):
            return described
        return replace(
            described,
            rt=True,
            packet_inc=True,
            fp=True,
            track_mode=INCREMENTAL,
            fixed_packet_size_blocking_factor=PACKET,
            lra_v=False,
            last_recorded_address=0,
        )

    # -- blanking -----------------------------------------------------------------------------------------------------

    def blank(self, blanking_type: int, address: int) -> Job:
        """Blank the disc, fully or minimally, a track or its tail, or take back the last session or its end."""
        quick = self.kind.durations.quick_blank
        jobs: dict[int, Callable[[], Job]] = {
            FULL: lambda: Job(self.total * 2048 / self.write_rate, self.start_over),
            MINIMAL: lambda: Job(quick, self.start_over),
            TRACK: lambda: Job(quick, self._blanking(self._growing(address), 0)),
            UNRESERVE: lambda: Job(quick, self._unreserve(address)),
            TAIL: lambda: Job(quick, self._tail(address)),
            UNCLOSE: lambda: Job(quick, self._unclose),
            ERASE_SESSION: lambda: Job(quick, self._erase_session),
        }
        if blanking_type not in jobs:
            raise invalid_field(1)
        if blanking_type in (UNCLOSE, ERASE_SESSION) and not self.recorded():
            raise Refusal(SESSION_FIXATION)
        if blanking_type == UNCLOSE and (self.restricted_overwrite or self.mount_rainier):
            raise Refusal(ILLEGAL_MODE)
        return jobs[blanking_type]()

    def _growing(self, number: int) -> CdTrack:
        """Return a track of the incomplete session that may lose what it holds: no later one has anything."""
        track = self.track(number)
        if track is None:
            raise invalid_field(2)
        if (
            self.final
            or track.session != self.track_list[-1].session
            or any(t.written for n, t in self.numbered() if n > number)
        ):
            raise Refusal(ILLEGAL_MODE)
        return track

    def _blanking(self, track: CdTrack, kept: int) -> Callable[[], None]:
        def finish() -> None:
            self.surface.cut(track.start + kept)
            track.written = kept
            if track.closed:
                track.closed, track.run_out, track.size = False, 0, None
                self.track_list = self.track_list[: self.track_list.index(track) + 1]
            self.changed()

        return finish

    def _unreserve(self, number: int) -> Callable[[], None]:
        track = self._growing(number)
        if track.size is None or track.written or track.closed:
            raise Refusal(ILLEGAL_MODE)

        def finish() -> None:
            track.size = None
            self.track_list = self.track_list[: self.track_list.index(track) + 1]
            self.changed()

        return finish

    def _tail(self, address: int) -> Callable[[], None]:
        found = next((n for n, t in self.numbered() if t.start <= address < t.end), None)
        if found is None:
            raise Refusal(at(OUT_OF_RANGE, address))
        track = self._growing(found)
        return self._blanking(track, address - track.start)

    def _last_complete(self) -> int:
        return self.recorded()[-1].session_number

    def _unclose(self) -> None:
        session = self._last_complete()
        tracks = [track for track in self.track_list if track.session == session]
        self._leave([t for t in self.track_list if t.session <= session], session, tracks[-1].end + self.track_gap)

    def _erase_session(self) -> None:
        session = self._last_complete()
        if session == 1:
            self.start_over()
            return
        start = next(track.start for track in self.track_list if track.session == session)
        self.sessions = {number: kept for number, kept in self.sessions.items() if number < session}
        self._leave([t for t in self.track_list if t.session < session], session, start)
        self.surface.cut(start)
        self.changed()

    def _leave(self, tracks: list[Track], session: int, start: int) -> None:
        self.track_list, self.final = tracks, False
        self._add_track(start, session)
        self.changed()
