"""What a medium family has to bring: how to read its state, and the steps of a burn where families differ.

The generic job (`discstack.mmc.burn`) calls the steps in the order of the fields. A new medium is a module with recipes
and a row in `discstack.mmc.media.RECIPES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.job import WriteCommand
from discstack.mmc.medium import WriteMode
from discstack.mmc.procedure import Phase, Procedure, Report
from discstack.transport.base import LARGE_TRANSFER

if TYPE_CHECKING:
    from discstack.mmc.job import BurnJob
    from discstack.mmc.medium import MediumStatus, Track, WriteSpeed
    from discstack.mmc.quirks import Quirk
    from discstack.mmc.spec.capacities import FormatCapacities
    from discstack.mmc.spec.disc_information import DiscInformation
    from discstack.mmc.spec.features import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All that was asked of a medium, before anybody thinks about it.

    `tracks` are the logical tracks in order, `open_track` the one that the next write goes to (None where the medium
    has no such thing or the drive knows none). `read_capacity` is in blocks, 0 where the drive does not say;
    `groove_capacity` is what the pre-groove of a CD has room for, 0 on other media.
    `starts_empty` tells of an overwritable medium that its beginning holds no data, `test` of a recording without an
    end that it may be a test, of which nothing is on the disc.
    """

    profile: int
    configuration: Configuration
    disc: DiscInformation | None = None
    tracks: tuple[Track, ...] = ()
    open_track: Track | None = None
    formats: FormatCapacities | None = None
    read_capacity: int = 0
    groove_capacity: int = 0
    starts_empty: bool = False
    test: bool = False
    layer_break: int | None = None
    write_speeds: tuple[WriteSpeed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnPlan:
    """Where a session goes: `blocks` of image from `start` on, then `padding` blocks of zeros; and in which way.

    `closes` says that no session can follow, whether or not that was asked for; `layer_break` is how many blocks go on
    the first of two layers; `excess` is how many lie behind what the medium says that it holds.
    """

    start: int
    blocks: int
    padding: int
    mode: WriteMode | None = None
    closes: bool = False
    layer_break: int | None = None
    excess: int = 0

    @property
    def total(self) -> int:
        """Number of blocks that are written."""
        return self.blocks + self.padding

    @property
    def end(self) -> int:
        """The first address behind the session's data."""
        return self.start + self.total


@dataclass(slots=True, kw_only=True)
class Work:
    """What the steps of one job on one medium share; `mode` is set once the burn is planned."""

    recipe: Recipe
    status: MediumStatus
    survey: Survey
    mode: WriteMode | None = None
    quirks: frozenset[Quirk] = frozenset()
    notices: list[str] = field(default_factory=list)

    def notice(self, phase: Phase, message: str) -> Procedure[None]:
        """Tell the owner of something odd that is no error, now and in the result."""
        self.notices.append(message)
        yield Report(phase, message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatOptions:
    """How to format: `full` formats or certifies every block; `spare_blocks` reserves an area for defect management.

    None leaves the size of the spare area to the drive, 0 asks for none (where the medium allows that).
    `pseudo_overwrite` lets a BD-R be written over at the cost of free blocks. `resume` goes on with a background format
    that was stopped. `format_type`, with `sub_type` and `blocks`, asks for one of the types of FORMAT UNIT by its
    number, whatever the medium's usual way.
    """

    full: bool = False
    spare_blocks: int | None = None
    pseudo_overwrite: bool = False
    resume: bool = False
    format_type: int | None = None
    sub_type: int | None = None
    blocks: int | None = None

    def __post_init__(self) -> None:
        if self.format_type is None and (self.sub_type is not None or self.blocks is not None):
            raise ValueError("sub_type and blocks go with a format_type")
        if (self.spare_blocks or 0) < 0:
            raise ValueError(f"spare_blocks is a number of blocks, not {self.spare_blocks}")


def _nothing(work: Work, job: BurnJob) -> Procedure[None]:
    yield from ()


def _unannounced(work: Work, job: BurnJob, plan: BurnPlan) -> Procedure[None]:
    yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One medium. Lengths in blocks, speeds in kB/s of 1000 bytes; `nominal_speed` is 1x, `fastest` what drives reach.

    Addresses and lengths are kept to multiples of `write_unit`; one command carries `transfer` blocks, or halves of
    that where the way to the drive or its buffer call for less. `raw_block` is how many bytes of the drive's speed a
    block counts. `open_track` is the track number whose information tells the next writable address, from the disc
    information. `run_out` blocks behind a track's data are taken by the drive; `postgap` empty ones go there by
    default; `flush_ends_recording` of media on which SYNCHRONIZE CACHE ends the track, or moves the next writable
    address. `session_gap` lie between one session and the next. `verify_speed` curbs reading back. `modes` are the ways
    to write a blank one, the usual first; those that `finalize` let no session follow, those that `overburn` may write
    more than the medium says that it holds, those that `go_on` have tracks that a later burn may go on in, those of
    `xa` take sectors of CD-ROM XA. `room` says how many blocks there are for a way to write, `unit` in multiples of how
    many it is written. `becomes` are the other profiles that blanking or formatting gives this medium. `single_session`
    media are finalized by their one session. `blank` is told whether to do it in full; without `blanks_quickly` a quick
    erase is writing zeros. `blank_for` says whether a burn needs the full one. `check` refuses what the drive cannot
    do. `prepare` comes first; `announce` tells the drive, right before the data, how much of it there is. `split` says,
    or refuses, how much of so many blocks goes on layer 0. `format_choices` are the fields of FormatOptions that
    `format` heeds; `certifies` says that formatting tries blocks. `variant` may return another recipe for the same
    profile, by the features that are current.
    """

    name: str
    assess: Callable[[Recipe, Survey], MediumStatus]
    write_unit: int
    nominal_speed: float
    fastest: int
    sequential: bool
    transfer: int = LARGE_TRANSFER // BLOCK_SIZE
    raw_block: int = 2048
    minimum_track: int = 0
    postgap: int = 0
    run_out: int = 0
    flush_ends_recording: bool = False
    session_gap: int = 0
    simulates: bool = False
    calibrates: bool = False
    is_cd: bool = False
    verify_speed: int | None = None
    modes: tuple[WriteMode, ...] = ()
    finalize: frozenset[WriteMode] = frozenset({WriteMode.DISC_AT_ONCE})
    overburn: frozenset[WriteMode] = frozenset()
    go_on: frozenset[WriteMode] = frozenset()
    xa: frozenset[WriteMode] = frozenset()
    room: Callable[[MediumStatus, WriteMode | None], int] = lambda status, _: status.free_blocks
    unit: Callable[[Recipe, MediumStatus, WriteMode | None], int] = lambda recipe, *_: recipe.write_unit
    becomes: frozenset[int] = frozenset()
    single_session: bool = False
    commands: frozenset[WriteCommand] = frozenset({WriteCommand.WRITE})
    blanks_quickly: bool = True
    blank_for: Callable[[BurnJob], bool] = lambda _: False
    open_track: Callable[[DiscInformation], int] | None = None
    ask_layer_break: Callable[[], Procedure[int | None]] | None = None
    ask_test: Callable[[Survey], Procedure[bool]] | None = None
    split: Callable[[MediumStatus, BurnJob, int], int | None] | None = None
    check: Callable[[Work, BurnJob], None] = lambda work, job: None
    prepare: Callable[[Work, BurnJob], Procedure[None]] = _nothing
    announce: Callable[[Work, BurnJob, BurnPlan], Procedure[None]] = _unannounced
    finish: Callable[[Work, BurnJob], Procedure[None]] = _nothing
    abandon: Callable[[Work, BurnJob], Procedure[None]] = _nothing
    blank: Callable[[Work, bool], Procedure[None]] | None = None
    format: Callable[[Work, FormatOptions], Procedure[None]] | None = None
    format_choices: frozenset[str] = frozenset()
    certifies: bool = False
    variant: Callable[[Configuration], Recipe | None] | None = None
    close_track: Callable[[Work], Procedure[None]] | None = None
    close_session: Callable[[Work], Procedure[None]] | None = None
    close_disc: Callable[[Work], Procedure[None]] | None = None
