"""Reading what is on a disc or in an image as a tree of files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from discstack.disc_medium import DiscMedium
from discstack.fs.reading.blocks import Medium
from discstack.fs.reading.volume import Volume
from discstack.fs.reading.volume import read_volume as read
from discstack.image_file import ImageFile
from discstack.recorder import Recorder

if TYPE_CHECKING:
    from discstack.fs.reading.view import VolumeView

Readable: TypeAlias = Recorder | str | os.PathLike[str] | Medium


def read_volume(source: Readable, *, start: int | None = None, view: VolumeView | None = None) -> Volume:
    """Read the last session of a disc or image: `volume.root` is its tree, `volume.notes` what was odd.

    `source` is a recorder, the path of an image file, or an `Image`. `start` is the first sector of another session.
    `view` is what to read; by default the best that is there (UDF, Rock Ridge, Joliet, ISO 9660), with links, special
    files, owners and permissions out of Rock Ridge if that has them. Raises VolumeError if there is nothing to read,
    MediaError for a disc without data, SourceError for a file that cannot be read.
    """
    medium = medium_of(source)
    if start is None and isinstance(medium, DiscMedium):
        start = medium.session
    return read(medium, start=start, view=view)


def medium_of(source: Readable) -> Medium:
    """Return the sectors of what can be read."""
    if isinstance(source, Recorder):
        return DiscMedium(source)
    return ImageFile(source) if isinstance(source, str | os.PathLike) else source
