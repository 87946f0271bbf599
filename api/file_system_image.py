"""Composing an image: a tree of files and the choices about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.native import files

if TYPE_CHECKING:
    from discstack.fs.image import Image
    from discstack.recorder import Recorder


class FileSystemImage:
    """A tree of files that becomes an image of ISO 9660, Joliet and UDF over one set of file data.

    The keyword arguments are those of `ImageOptions`. Fill `root`, then call `create_result`; the tree may be changed
    and another result made. Use from one thread at a time.
    """

    def __init__(self, **options: Any) -> None:
        self.options = ImageOptions(**options)
        self.root = Directory()

    def choose_defaults(self, recorder: Recorder, *, erase: bool = False) -> None:
        """Fit the choices to the medium in a recorder.

        The image may not be larger than what can be written there, and is as long as some whole write units, so that it
        ends where the recording ends. `erase` counts what lies on a rewritable medium as free. Raises MediaError where
        nothing can be written.
        """
        sectors = recorder.writable_sectors(erase=erase)
        self.options = replace(self.options, max_sectors=sectors, multiple=recorder.write_unit())

    def create_result(self) -> Image:
        """Plan the image; every address and its size are known afterwards, no file has been opened.

        Raises LayoutError where a view cannot hold something, CapacityError where it is larger than `max_sectors`.
        """
        return build_image(self.root, self.options, files)
