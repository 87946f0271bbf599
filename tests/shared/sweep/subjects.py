"""What is done to whom: a job on a disc that was made ready for it, and how to see that it was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from laboratory import Lab
from tap import Tap

Images = Mapping[int, tuple[int, int]]  # what is on a disc, by its address: seed and number of blocks


@dataclass
class Subject:
    """A job that waits to be done to the disc in a drive.

    `work` does it, `check` raises AssertionError unless the disc is what it should be afterwards; `before` is what lies
    on the disc before, `after` what there is once it is done.
    """

    lab: Lab
    tap: Tap
    work: Callable[[], object]
    check: Callable[[], object]
    before: Images = field(default_factory=dict)
    after: Callable[[], Images] = dict

    def close(self) -> None:
        self.lab.discard(self.tap)


Fresh = Callable[[], Subject]  # each time another drive, with a disc like the one before


@dataclass(frozen=True)
class Row:
    """A job; `prepare` makes a disc ready for it, and returns what makes drives with copies of that."""

    name: str
    prepare: Callable[[Lab], Fresh]
