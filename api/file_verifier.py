"""Checking that a disc or an image holds the files that it should, by a manifest or by their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from discstack.cancellation import Cancellation
from discstack.file_narrator import FileNarrator
from discstack.fs.comparison import Difference, Mismatch, compare_with_manifest, compare_with_tree
from discstack.fs.nodes import File

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from discstack.events import EventHandler
    from discstack.fs.comparison import Watch
    from discstack.fs.reading.volume import Volume
    from discstack.fs.tree import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What a comparison found: how many `files` and `bytes` were compared, what is wrong, and what nobody asked for."""

    files: int
    bytes: int
    differences: tuple[Difference, ...]
    extra: tuple[Difference, ...]

    @property
    def verified(self) -> bool:
        """Whether all that should be there is there, and right."""
        return not self.differences


class FileVerifier:
    """Compares the files of a volume. One thread at a time may run a comparison; `cancel` may be called from any."""

    def __init__(self, volume: Volume) -> None:
        self.volume = volume
        self._cancellation = Cancellation()

    def cancel(self) -> None:
        """Ask the running comparison, or else the next one, to stop; it then raises Cancelled."""
        self._cancellation.flag.set()

    def against_manifest(self, digests: Mapping[str, bytes], *, on_event: EventHandler | None = None) -> FileReport:
        """Compare the files with SHA-256 digests by path, as `parse_manifest` returns them."""
        found = (self.volume.root.find(path) for path in digests)
        return self._run(found, lambda watch: compare_with_manifest(self.volume.root, digests, watch), on_event)

    def against_tree(self, tree: Directory, *, on_event: EventHandler | None = None) -> FileReport:
        """Compare names, kinds, data and targets of links with those of a tree.

        Raises SourceError for a file of the tree that cannot be read.
        """
        found = (self.volume.root.find(node.path) for node in tree.walk())
        return self._run(found, lambda watch: compare_with_tree(self.volume.root, tree, watch), on_event)

    def _run(
        self,
        found: Iterable[object],
        compare: Callable[[Watch], Iterator[Difference]],
        on_event: EventHandler | None,
    ) -> FileReport:
        with self._cancellation.job():
            return self._compare([node for node in found if isinstance(node, File)], compare, on_event)

    def _compare(
        self,
        files: list[File],
        compare: Callable[[Watch], Iterator[Difference]],
        on_event: EventHandler | None,
    ) -> FileReport:
        total = sum(file.size for file in files)
        narrator = FileNarrator("VERIFYING", total, on_event, self._cancellation.flag)
        done = 0

        def watch(path: str, count: int) -> None:
            nonlocal done
            done += count
            narrator.moved(done, lambda: path)

        differences, extra = list[Difference](), list[Difference]()
        for difference in compare(watch):
            (extra if difference.mismatch is Mismatch.EXTRA else differences).append(difference)
        narrator.done()
        return FileReport(files=len(files), bytes=done, differences=tuple(differences), extra=tuple(extra))
