"""Where the last session starts in the image of a disc, which has no table of contents: sessions are looked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from discstack.fs.ecma119 import STANDARD_IDENTIFIER
from discstack.fs.errors import SourceError
from discstack.fs.plan import SECTOR, SYSTEM_AREA
from discstack.fs.reading.blocks import Blocks, Medium
from discstack.fs.reading.disk import find_disk
from discstack.fs.reading.ecma119 import (
    BEGINNING,
    PRIMARY,
    Descriptor,
    find_descriptors,
    may_begin_session,
    parse_record,
)
from discstack.fs.reading.notes import Notes, Oddity
from discstack.fs.reading.udf.volume import end_of_partitions

# How far behind a session the next one begins at most: the border of a DVD-R (a CD's lead-out and lead-in are shorter),
# run-out, padding
SESSION_GAP: Final = 49152 + 1024
SMALLEST_GAP: Final = 2048  # sectors: that of a DVD+R
LEEWAY: Final = 1024  # sectors by which a sound image may be longer or shorter than its volume: padding, run-out
MOST_OF_A_CD: Final = 100 * 60 * 75  # sectors
BLOCK: Final = 16  # sectors: sessions of larger discs start at multiples of that
_EMPTY: Final = bytes(SECTOR)


class Ends(NamedTuple):
    """The first sector behind a volume, its length taken as counted from the start of the medium, or of the session."""

    by_medium: int
    by_session: int


def last_session(medium: Medium, notes: Notes) -> int:
    """Return where the last session of an image of a disc starts, looked for behind the end of each volume.

    `notes` are told what speaks for another session than the one that is found.
    """
    blocks = Blocks(medium, Notes())
    start = _first_session(blocks)
    ends = _ends(blocks, start)
    if ends is not None and start == 0:  # partitions that were appended belong to it
        disk = min(_end_of_disk(medium), blocks.sectors)
        ends = Ends(max(ends.by_medium, disk), max(ends.by_session, disk))
    while ends is not None:
        following = _behind(blocks, start, ends, notes)
        if following is None and _is_doubtful(blocks, ends):
            following = _within(blocks, start, ends, notes)
        if following is None:
            break
        start, ends = following, _ends(blocks, following)
    return start


def _first_session(blocks: Blocks) -> int:
    """Return where the first session with a volume starts; on a CD audio may come before it."""
    if may_begin_session(blocks, 0) or blocks.sectors > MOST_OF_A_CD:
        return 0
    return _behind_a_gap(blocks, 0, blocks.sectors - SYSTEM_AREA) or 0


def _end_of_disk(medium: Medium) -> int:
    """Return the first sector behind the partitions of an image that is a disk too; 0 if none can be read."""
    try:
        return find_disk(medium).end
    except SourceError:
        return 0


def _behind(blocks: Blocks, start: int, ends: Ends, notes: Notes) -> int | None:
    """Return where a session starts behind a volume.

    Between sessions nothing is recorded. What lies there is left from before the volume was written, and so is what
    follows: it counts for nothing, as with other readers, which look at the first volume of a file alone.
    """
    behind = start + SYSTEM_AREA + 1  # this session's first descriptor in any case: its length may be a lie
    last = min(ends.by_session + SESSION_GAP, blocks.sectors - SYSTEM_AREA)
    found = _first(blocks, range(max(ends.by_medium, behind), last))
    if found is None:
        return None
    end = max(ends.by_session if ends.by_session <= found else ends.by_medium, behind)
    if _are_empty(blocks, range(end + LEEWAY, found)):
        return found
    detail = f"not taken for one, as data lies between the volume at sector {start}, which ends at {end}, and it"
    notes.add(Oddity.INCONSISTENT, f"session at sector {found}", detail)
    return None


def _within(blocks: Blocks, start: int, ends: Ends, notes: Notes) -> int | None:
    """Return where a session starts before a volume ends that was not written to its end."""
    last = min(ends.by_medium, blocks.sectors - SYSTEM_AREA)
    found = _behind_a_gap(blocks, start + 2 * BLOCK, last)
    small, is_cut_off = blocks.sectors <= MOST_OF_A_CD, ends.by_medium > blocks.sectors
    if found is None and (small or not is_cut_off):  # on a BD-R there is no gap
        found = _first(blocks, range(start + 2 * BLOCK, last, _step(blocks)))
    if found is not None:
        detail = f"it was not written to its end, as another one starts at sector {found}"
        notes.add(Oddity.INCOMPLETE, f"session at sector {start}", detail)
    return found


def _behind_a_gap(blocks: Blocks, first: int, last: int) -> int | None:
    """Return where a session starts that has a gap before it: what has none is passed over, a sample of each gap read.

    So little is read of a large image that was cut off.
    """
    samples = (lba for lba in range(first, last, SMALLEST_GAP) if _are_empty(blocks, [lba]))
    found = (_first(blocks, range(lba, min(lba + SMALLEST_GAP, last), _step(blocks))) for lba in samples)
    return next((at for at in found if at is not None), None)


def _step(blocks: Blocks) -> int:
    return 1 if blocks.sectors <= MOST_OF_A_CD else BLOCK


def _is_doubtful(blocks: Blocks, ends: Ends) -> bool:
    """Tell whether a volume was not written to its end: the medium ends before, or has data behind that of no session.

    On a large medium its length is taken for the greater: it would be long to search for nothing.
    """
    end = (ends.by_medium if blocks.sectors <= MOST_OF_A_CD else ends.by_session) + LEEWAY
    behind = range(end, min(end + SESSION_GAP, blocks.sectors))
    return ends.by_medium > blocks.sectors + LEEWAY or not _are_empty(blocks, behind)


def _are_empty(blocks: Blocks, sectors: Iterable[int]) -> bool:
    return all(blocks.sector(lba) in (None, _EMPTY) for lba in sectors)


def _first(blocks: Blocks, starts: Iterable[int]) -> int | None:
    return next((at for at in starts if _ends(blocks, at) is not None), None)


def _ends(blocks: Blocks, start: int) -> Ends | None:
    """Return where the volume of the session ends that starts at a sector; None if none does.

    Descriptors count if what they describe lies behind them on this medium: an image within a file does not. UDF's
    partition may reach as far as the medium could be written, and ends where that does.
    """
    data = blocks.sector(start + SYSTEM_AREA)
    if data is None or data[1:6] not in (STANDARD_IDENTIFIER, BEGINNING):
        return None
    if data[1:6] == BEGINNING:
        partitions = end_of_partitions(blocks, start)
        end = None if partitions is None else min(partitions, blocks.sectors)
        return None if end is None else Ends(end, end)
    found = find_descriptors(blocks, start)
    primary = next((d for d in found if d.type == PRIMARY and start < d.root.lba < blocks.sectors), None)
    if primary is None or not _leads_to_its_root(blocks, primary):
        return None
    size = primary.volume_space_size
    return Ends(size if size > start + SYSTEM_AREA else size + start, size + start)


def _leads_to_its_root(blocks: Blocks, descriptor: Descriptor) -> bool:
    """Tell whether the root directory is where a descriptor says, by its own first record or the path table's."""
    root, own = blocks.sector(descriptor.root.lba), blocks.sector(descriptor.lba)
    record = parse_record(root, 0, "/", Notes()) if root is not None else None
    if record is not None and record.lba == descriptor.root.lba:
        return True
    table = None if own is None else blocks.sector(int.from_bytes(own[140:144], "little"))  # type L, ECMA-119 8.4.16
    return table is not None and table[1] + int.from_bytes(table[2:6], "little") == descriptor.root.lba  # 9.4
