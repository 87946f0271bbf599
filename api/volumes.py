"""Reading what is on a disc or in an image as a tree of files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from discstack.disc_medium import DiscMedium
from discstack.events import EventHandler
from discstack.fs.base import WRITE_UNIT, Base
from discstack.fs.boot.el_torito import BLOCK
from discstack.fs.errors import LayoutError, VolumeError
from discstack.fs.nodes import File
from discstack.fs.plan import round_up, sectors_for
from discstack.fs.reading.blocks import Blocks, Medium
from discstack.fs.reading.disk import find_disk
from discstack.fs.reading.ecma119 import may_begin_session
from discstack.fs.reading.extents import MediumSource
from discstack.fs.reading.notes import Notes
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import Volume
from discstack.fs.reading.volume import read_volume as read
from discstack.image_file import ImageFile
from discstack.mmc.cd.contents import holds_audio_alone
from discstack.mmc.cd.packet_tracks import open_packets
from discstack.mmc.errors import MediaError
from discstack.mmc.medium import DiscState
from discstack.recorder import Recorder
from discstack.tree_narrator import TreeNarrator

Readable: TypeAlias = Recorder | str | os.PathLike[str] | Medium


def read_volume(
    source: Readable,
    *,
    start: int | None = None,
    view: VolumeView | None = None,
    on_event: EventHandler | None = None,
) -> Volume:
    """Read the last session of a disc or image: `volume.root` is its tree, `volume.notes` what was odd.

    `source` is a recorder, the path of an image file, or an `Image`. `start` is the first sector of another session.
    `view` is what to read; by default the best that is there (UDF, Rock Ridge, Joliet, ISO 9660), with links, special
    files, owners and permissions out of Rock Ridge if that has them. `on_event` is told how far the reading is, by
    `TreeProgress`; what it raises ends the reading. Raises VolumeError if there is nothing to read, MediaError for a
    disc without data, SourceError for a file that cannot be read.
    """
    medium = medium_of(source)
    with _naming(source):
        start = _session(medium, start)
        if on_event is None:
            return read(medium, start=start, view=view)
        narrator = TreeNarrator(on_event)
        volume = read(medium, start=start, view=view, heard=narrator.heard)
    narrator.done()
    return volume


def _session(medium: Medium, named: int | None) -> int | None:
    """Return where the session starts that is to be read; None where the last one has to be looked for."""
    if named is None:
        return medium.session if isinstance(medium, DiscMedium) else None
    # UDF would be found from anywhere on, by the last anchor
    if named and not may_begin_session(Blocks(medium, Notes()), named):
        raise VolumeError(f"no session starts at sector {named}: there are no volume descriptors 16 sectors behind it")
    return named


@contextmanager
def _naming(source: Readable) -> Iterator[None]:
    """Let an error say on what there is nothing to read."""
    try:
        yield
    except VolumeError as error:
        if not isinstance(source, Recorder | str | os.PathLike):
            raise
        raise VolumeError(f"{source.address if isinstance(source, Recorder) else source}: {error}") from error


def medium_of(source: Readable) -> Medium:
    """Return the sectors of what can be read."""
    if isinstance(source, Recorder):
        return DiscMedium(source)
    return ImageFile(source) if isinstance(source, str | os.PathLike) else source


def base_of(volume: Volume, next_session: int | None = None, *, in_track: bool = False) -> Base:
    """Return where something can be added to a volume.

    On a disc that is written in order that is the next session; on one that can be overwritten, and in an image file,
    the volume grows. `next_session` makes a session of its own in an image file, from that sector on. `in_track`
    says that the volume will be found by its end: it may go on in an open track of packets, where readers look for
    others in vain. Raises MediaError for a disc to which nothing can be added.
    """
    medium, udf = volume.medium, VolumeView.UDF in volume.views
    if not isinstance(medium, DiscMedium):
        end = _end_of(volume)
        if VolumeView.ISO9660 not in volume.views:  # the last anchors of UDF alone lie where the file ends
            end = max(end, medium.sectors)
        if next_session is None:
            return Base(medium, round_up(end, WRITE_UNIT), grow=True, session=volume.start, udf=udf)
        if next_session < end:
            raise LayoutError(f"sector {next_session} lies within the volume, which ends at {end}")
        return Base(medium, next_session, session=volume.start, udf=udf)
    if medium.recorder.medium().state is DiscState.OVERWRITABLE:
        return Base(medium, round_up(_end_of(volume), WRITE_UNIT), grow=True, session=volume.start, udf=udf)
    return Base(medium, _next_session(medium.recorder, in_track=in_track), session=volume.start)


def goes_on_in_track(base: Base) -> bool:
    """Tell whether what is added goes on in a track of the session that was read: only its end is looked for there."""
    return isinstance(base.medium, DiscMedium) and not base.grow and base.medium.recorder.medium().open_session


def base_behind_audio(recorder: Recorder, *, in_track: bool = False) -> Base:
    """Return where the first volume of a CD with nothing but audio goes: the next session.

    Raises MediaError for other discs, and where nothing can be added.
    """
    if not recorder.run(holds_audio_alone()):
        raise MediaError(f"this is no CD with nothing but audio: {recorder.medium()}")
    medium = DiscMedium(recorder)
    medium.sectors = 0  # audio is nothing that a volume could refer to
    return Base(medium, _next_session(recorder, in_track=in_track))


def _next_session(recorder: Recorder, *, in_track: bool) -> int:
    """Return the sector at which the next session of a disc that is written in order begins, or raise MediaError."""
    status = recorder.medium()
    if status.open_session and not (in_track and open_packets(status) is not None):
        raise MediaError(
            f"the last session is open, and what is added to it would not be found: readers look at its beginning; "
            f"close it first (discstack close), so that another one can follow: {status}"
        )
    if status.state is DiscState.APPENDABLE and status.next_writable_address:
        return status.next_writable_address
    raise MediaError(f"nothing can be added to this disc: {status}")


def _end_of(volume: Volume) -> int:
    """Return the first sector behind a volume, the data of its files, its boot images and the disk's partitions."""
    sources = (node.source for node in volume.root.walk() if isinstance(node, File))
    extents = (
        extent for source in sources if isinstance(source, MediumSource) and source.inside for extent in source.extents
    )
    images = volume.boot.images if volume.boot else ()
    boot = (image.entry.lba + sectors_for(image.entry.blocks * BLOCK) for image in images)
    inside = (end for end in boot if end <= volume.medium.sectors)
    ends = (find_disk(volume.medium).end, *inside, *(lba + sectors_for(length) for lba, length in extents))
    return max((volume.sectors, *ends))
