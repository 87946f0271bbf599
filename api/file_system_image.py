"""Composing an image: a tree of files and the choices about it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.fs.view import View
from discstack.fs.volume_ids import fits_primary
from discstack.native import files, folders
from discstack.signatures import parameters_of

if TYPE_CHECKING:
    from discstack.events import EventHandler
    from discstack.fs.boot.earlier import EarlierBoot
    from discstack.fs.image import Image
    from discstack.fs.reading.view import VolumeView
    from discstack.fs.reading.volume import Volume
    from discstack.mmc.medium import WriteMode
    from discstack.recorder import Recorder
    from discstack.volumes import Readable

# Windows tells of files and opens them in ways of its own: there Python does it, one by one
BATCHES, FOLDERS = (None, None) if sys.platform == "win32" else (files, folders)


class FileSystemImage:
    """A tree of files that becomes an image of ISO 9660, Joliet and UDF over one set of file data.

    The keyword arguments are those of `ImageOptions`. Fill `root`, then call `create_result`; the tree may be changed
    and another result made. Use from one thread at a time.
    """

    @parameters_of(ImageOptions)
    def __init__(self, **options: Any) -> None:
        self.options = ImageOptions(**options)
        self.root = Directory(folders=FOLDERS)
        self._earlier_boot: EarlierBoot | None = None

    def choose_defaults(
        self, recorder: Recorder, *, erase: bool = False, overburn: bool = False, mode: WriteMode | None = None
    ) -> None:
        """Fit the choices to the medium in a recorder.

        The image may not be larger than what can be written there, and is as long as some whole write units, so that it
        ends where the recording ends. `erase` counts what lies on a rewritable medium as free, `overburn` leaves it to
        the burn whether there is room, `mode` is the way in which it shall be written. Raises MediaError where nothing
        can be written.
        """
        sectors = recorder.writable_sectors(erase=erase, mode=mode)
        most = None if overburn else sectors
        self.options = replace(self.options, max_sectors=most, multiple=recorder.write_unit(mode))

    def import_file_system(
        self,
        source: Volume | Readable,
        *,
        view: VolumeView | None = None,
        next_session: int | None = None,
        on_event: EventHandler | None = None,
    ) -> Volume:
        """Take over what the last session of a disc or image holds; the result is then what is added to that.

        `source` is a recorder, the path of an image file, or a volume that was read (and perhaps changed) already;
        `view` is what to read of it, and `on_event` is told how far the reading is. What is in the tree already wins
        over what has the same name there; then files may be added, removed and renamed. Data of the earlier session
        stays where it is and is recorded by address, in the next session, or in the grown volume of a disc that can be
        overwritten. An image file grows too, unless `next_session` says from which sector on it gets another session.
        What goes on in an open track of packets, as with a virtual allocation table it may, has UDF alone: nobody would
        find another view there.
        The volume keeps its name if the image has none. Returns the volume, with notes about what was odd.

        Boot images are taken over too, with all that the boot catalogue says of them, unless others were chosen: those
        that are files follow their names, and tell again where they lie where they did. The partition tables of a disk
        that grows go with it; what lies in partitions of their own stays there.

        Raises what `read_volume` does, MediaError where nothing can be added, LayoutError where a file would take a
        directory's place or the other way round.
        """
        # what talks to drives and what reads volumes, which making an image from files does without
        from discstack.fs.boot.earlier import earlier_boot
        from discstack.fs.reading.disk import find_disk
        from discstack.fs.reading.notes import Note, Oddity
        from discstack.fs.reading.volume import Volume
        from discstack.volumes import base_of, goes_on_in_track, read_volume

        volume = source if isinstance(source, Volume) else read_volume(source, view=view, on_event=on_event)
        base = base_of(volume, next_session, in_track=self.options.udf_vat)
        notes = [*volume.notes, *(find_disk(volume.medium).notes if base.grow else ())]
        if goes_on_in_track(base):
            if View.ISO9660 in self.options.views:
                alone = "readers look for ISO 9660 where the session begins: what is added is in UDF alone"
                notes.append(Note(Oddity.UNSUPPORTED, "/", alone))
            self.options = replace(self.options, views=self.options.views & {View.UDF})
        elif volume.bootable and not self.options.boot.images:
            if volume.boot is not None and View.ISO9660 in self.options.views:
                self._earlier_boot = earlier_boot(volume.boot, volume.medium, volume.root, volume.start)
            else:
                lost = "boot images are not taken over; what is made now does not boot"
                notes.append(Note(Oddity.UNSUPPORTED, "/", lost))
        self.root.add_missing(volume.root)
        unnamed = self.options.volume_id == ImageOptions().volume_id
        name = volume.volume_id if unnamed and volume.volume_id else self.options.volume_id
        ids = self.options.volume_ids
        if unnamed and volume.primary_id and fits_primary(volume.primary_id):
            ids = {View.ISO9660: volume.primary_id, **ids}  # by which a boot loader may look for it
        self.options = replace(self.options, base=base, volume_id=name, volume_ids=ids)
        return replace(volume, notes=tuple(notes))

    def follow_audio(self, recorder: Recorder) -> None:
        """Plan the image as the next session of a CD that has nothing but audio so far, as a CD Extra is made.

        Raises MediaError for other discs, and where nothing can be added.
        """
        from discstack.volumes import base_behind_audio

        self.options = replace(self.options, base=base_behind_audio(recorder, in_track=self.options.udf_vat))

    def create_result(self) -> Image:
        """Plan the image; every address and its size are known afterwards, no file has been opened.

        Raises LayoutError where a view cannot hold something, CapacityError where it is larger than `max_sectors`.
        """
        options = self.options
        if self._earlier_boot is not None and not options.boot.images:
            options = replace(options, boot=self._earlier_boot.options(options.boot, self.root))
        return build_image(self.root, options, BATCHES)
