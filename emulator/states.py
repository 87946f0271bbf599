"""The states of discs and what leads from one to another, as a table; the diagrams in docs/discs.md are made from it.

`state_of` names the state that a disc is in by what it answers. `tests/emulator/test_states.py` drives every disc along
every arrow of the table, by commands, sends every command that could change a disc in every state to see that it leads
nowhere else, and holds the pages against the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from discstack.emulator.media.base import Medium
from discstack.mmc.spec.capacities import CapacityType
from discstack.mmc.spec.disc_information import BackgroundFormat, DiscStatus, LastSessionState
from discstack.mmc.spec.profiles import Profile


@dataclass(frozen=True, slots=True)
class Arrow:
    """A disc in the state `start` is in the state `end` after `action`."""

    start: str
    action: str
    end: str


ANY: Final = "any state"  # where an arrow starts that starts everywhere


def arrows(*rows: tuple[str, str, str]) -> tuple[Arrow, ...]:
    """Return the arrows of a table."""
    return tuple(Arrow(*row) for row in rows)


SESSIONS: Final = (
    ("blank", "write", "recording"),
    ("recording", "write", "recording"),
    ("recording", "flush", "recording"),
    ("recording", "close track", "track closed"),
    ("recording", "power cut", "damaged"),
    ("damaged", "close track", "track closed"),
    ("track closed", "write", "recording"),
    ("track closed", "close session", "appendable"),
    ("appendable", "write", "recording"),
    ("blank", "reserve", "track reserved"),
    ("appendable", "reserve", "track reserved"),
    ("track closed", "reserve", "track reserved"),
    ("track reserved", "write what is reserved", "track reserved"),
    ("track reserved", "write", "recording"),
    ("track reserved", "close track", "track closed"),
    ("track reserved", "fill it and close session", "appendable"),
    ("track reserved", "power cut", "damaged"),
)
FINALIZING: Final = (("track closed", "finalize", "finalized"), ("appendable", "finalize", "finalized"))
TESTING: Final = (
    ("blank", "write as a test", "test writing"),
    ("test writing", "write", "test writing"),
    ("test writing", "end the test", "blank"),
)
BORDERS: Final = (
    *SESSIONS,
    *TESTING,
    ("track closed", "close the last border", "finalized"),
    ("appendable", "close the last border", "finalized"),
    ("blank", "reserve at once", "recording at once"),
    ("recording at once", "write", "recording at once"),
    ("recording at once", "write the rest and flush", "finalized"),
    ("recording at once", "eject", "damaged at once"),
)
JUMPING: Final = (
    ("blank", "set the jump interval", "blank"),
    ("blank", "write with jumps", "recording on layer 0"),
    ("recording on layer 0", "write with jumps", "recording on layer 0"),
    ("recording on layer 0", "flush", "recording on layer 0"),
    ("recording on layer 0", "set where to jump", "recording on layer 0"),
    ("recording on layer 0", "write up to the jump", "recording on layer 1"),
    ("recording on layer 1", "write with jumps", "recording on layer 1"),
    ("recording on layer 1", "write all that lies above", "recording on layer 0"),
    ("recording on layer 0", "close track", "track closed"),
    ("recording on layer 1", "close track", "track closed"),
    ("track closed", "write with jumps", "recording on layer 0"),
    ("track closed", "close session", "appendable"),
    ("track closed", "close the last session of jumps", "finalized"),
    ("appendable", "write with jumps", "recording on layer 0"),
    ("appendable", "close the last session of jumps", "finalized"),
)
TURNING_OVER: Final = (
    (ANY, "blank", "blank"),
    (ANY, "blank minimally", "blank, at once only"),
    (ANY, "format quickly", "intermediate"),
    (ANY, "format in full", "formatted"),
)
OVERWRITING: Final = (
    ("intermediate", "write", "intermediate"),
    ("intermediate", "write and close", "partly formatted"),
    ("partly formatted", "write", "partly formatted"),
    ("partly formatted", "grow quickly", "intermediate"),
    ("formatted", "write", "formatted"),
)

TRACKS: Final = (
    *TESTING,
    ("blank", "write", "recording"),
    ("recording", "write", "recording"),
    ("recording", "flush", "track closed"),
    ("recording", "close track", "track closed"),
    ("recording", "close session", "appendable"),
    ("recording", "power cut", "damaged"),
    ("track closed", "write", "recording"),
    ("track closed", "close session", "appendable"),
    ("track closed", "close the last session", "finalized"),
    ("appendable", "write", "recording"),
    ("blank", "announce and begin", "recording at once"),
    ("appendable", "announce and begin", "recording at once"),
    ("blank", "announce that another session may follow, and begin", "recording at once"),
    ("appendable", "announce that another session may follow, and begin", "recording at once"),
    ("recording at once", "write all that was announced", "finalized"),
    ("recording at once", "write all that was announced, with another session to follow", "appendable"),
    ("recording at once", "close track", "track closed"),
    ("recording at once", "flush", "damaged"),
    ("recording at once", "power cut", "damaged"),
    ("damaged", "close track", "track closed"),
    ("blank", "record raw", "finalized"),
    ("blank", "reserve", "track reserved"),
    ("appendable", "reserve", "track reserved"),
    ("track closed", "reserve", "track reserved"),
    ("track reserved", "reserve", "track reserved"),
    ("track reserved", "write what is reserved", "track reserved"),
    ("track reserved", "write what is reserved and flush", "track closed"),
    ("blank", "write in packets", "recording in packets"),
    ("appendable", "write in packets", "recording in packets"),
    ("recording in packets", "write in packets", "recording in packets"),
    ("recording in packets", "flush", "recording in packets"),
    ("recording in packets", "power cut", "damaged"),
    ("recording in packets", "close track", "track closed"),
    ("recording", "underrun", "damaged"),
    ("recording in packets", "underrun", "recording in packets"),
    ("recording at once", "underrun", "damaged"),
)
TAKING_BACK: Final = (
    (ANY, "blank minimally", "blank"),
    (ANY, "blank", "blank"),
    (ANY, "format in packets", "formatted"),
    (ANY, "format for Mount Rainier", "Mount Rainier"),
    ("finalized", "unclose the last session", "track closed"),
    ("appendable", "unclose the last session", "track closed"),
    ("finalized", "erase the only session", "blank"),
    ("appendable", "erase the only session", "blank"),
    ("finalized", "erase the last of several sessions", "appendable"),
    ("appendable", "erase the last of several sessions", "appendable"),
    ("formatted", "write packets", "formatted"),
    ("formatted", "erase the only session", "blank"),
    ("Mount Rainier", "write blocks", "Mount Rainier"),
    ("Mount Rainier", "erase the only session", "blank"),
)

ARROWS: Final[Mapping[str, tuple[Arrow, ...]]] = MappingProxyType(
    {
        "cd-r": arrows(*TRACKS),
        "cd-rw": arrows(*TRACKS, *TAKING_BACK),
        "dvd-r": arrows(*BORDERS),
        "dvd-r-dl-lj": arrows(*JUMPING),
        "dvd-rw": arrows(
            *BORDERS,
            *TURNING_OVER,
            ("blank, at once only", "reserve at once", "recording at once"),
            *OVERWRITING,
        ),
        "dvd-ram": arrows(("formatted", "write", "formatted"), ("formatted", "format", "formatted")),
        "dvd+r": arrows(*SESSIONS, *FINALIZING),
        "dvd+r-dl": arrows(*SESSIONS, *FINALIZING, ("blank", "set the layer break", "blank")),
        "dvd+rw": arrows(
            ("blank", "format", "being formatted"),
            ("being formatted", "write", "being formatted"),
            ("being formatted", "stop", "format stopped"),
            ("being formatted", "eject", "format stopped"),
            ("being formatted", "wait", "formatted"),
            ("format stopped", "write", "format stopped"),
            ("format stopped", "restart", "being formatted"),
            ("format stopped", "format", "being formatted"),
            ("formatted", "write", "formatted"),
            ("formatted", "format", "being formatted"),
        ),
        "bd-r": arrows(
            *SESSIONS,
            *FINALIZING,
            ("blank", "format", "blank, with spare areas"),
            ("blank, with spare areas", "write", "recording"),
            ("blank, with spare areas", "reserve", "track reserved"),
            ("blank", "format for pseudo-overwrite", "pseudo-overwrite"),
            ("pseudo-overwrite", "write", "pseudo-overwrite"),
            ("pseudo-overwrite", "write over", "pseudo-overwrite"),
            ("pseudo-overwrite", "close track", "pseudo-overwrite"),
        ),
        "bd-re": arrows(
            ("blank", "format", "formatted, with spare areas"),
            ("blank", "format without spare areas", "formatted"),
            ("formatted", "write", "formatted"),
            ("formatted", "format", "formatted, with spare areas"),
            ("formatted, with spare areas", "write", "formatted, with spare areas"),
            ("formatted, with spare areas", "format without spare areas", "formatted"),
        ),
    }
)


def moves(medium: str) -> tuple[Arrow, ...]:
    """Return the arrows of a medium, those from any state as one from each."""
    rows = ARROWS[medium]
    names = [name for name in dict.fromkeys(n for arrow in rows for n in (arrow.start, arrow.end)) if name != ANY]
    return tuple(
        replace(arrow, start=name) for arrow in rows for name in (names if arrow.start == ANY else [arrow.start])
    )


def state_of(medium: Medium) -> str:
    """Name the state of a disc, by what it answers."""
    if medium.rehearsing:
        return "test writing"
    disc = medium.disc()
    if medium.mount_rainier:
        return "Mount Rainier"
    if disc.bg_format_status:
        return BACKGROUND[BackgroundFormat(disc.bg_format_status)]
    if medium.pseudo_overwrite:
        return "pseudo-overwrite"
    if medium.restricted_overwrite:
        return "formatted"
    if medium.profile in OVERWRITABLE:
        return _overwritable(medium)
    if disc.disc_status == DiscStatus.FINALIZED:
        return "finalized"
    if medium.profile == Profile.DVD_R_DL_LAYER_JUMP:
        return _jumping(medium)
    if disc.disc_status == DiscStatus.EMPTY:
        return "blank" if medium.incremental else "blank, at once only"
    return _open_compact(medium) if medium.profile in COMPACT else _open(medium)


BACKGROUND: Final = {
    BackgroundFormat.STARTED: "format stopped",
    BackgroundFormat.RUNNING: "being formatted",
    BackgroundFormat.COMPLETE: "formatted",
}
OVERWRITABLE: Final = frozenset({Profile.DVD_RAM, Profile.DVD_RW_RESTRICTED_OVERWRITE, Profile.BD_RE})


def _overwritable(medium: Medium) -> str:
    formats = medium.format_capacities()
    kind = formats.current.descriptor_type
    if kind == CapacityType.NO_MEDIUM_OR_UNKNOWN:
        return "intermediate"
    if kind == CapacityType.UNFORMATTED_OR_BLANK:
        return "blank"
    if medium.profile == Profile.BD_RE and medium.verifies:
        return "formatted, with spare areas"
    if medium.profile == Profile.DVD_RW_RESTRICTED_OVERWRITE and medium.blocks() < medium.capacity:
        return "partly formatted"
    return "formatted"


def _open(medium: Medium) -> str:
    """Name the state of a disc with an unfinished last session."""
    disc, tracks = medium.disc(), medium.tracks()
    members = [track for track in tracks if track.session_number == disc.number_of_sessions]
    damaged = any(track.damage for track in members)
    if not medium.incremental:
        return "damaged at once" if damaged else "recording at once"
    if damaged:
        return "damaged"
    if not tracks[-1].blank:
        return "recording"
    if any(track.rt for track in members):
        return "track reserved"
    if len(members) > 1:
        return "track closed"
    return "appendable" if len(tracks) > 1 else "blank, with spare areas"


def _jumping(medium: Medium) -> str:
    """Name the state of a disc with layer jumps; beyond the next jump, it is written on layer 1."""
    disc, tracks = medium.disc(), medium.tracks()
    if not tracks[-1].blank:
        above = tracks[-1].next_writable_address > tracks[-1].next_layer_jump_address
        return "recording on layer 1" if above else "recording on layer 0"
    if disc.disc_status == DiscStatus.EMPTY:
        return "blank"
    return "track closed" if disc.state_of_last_session == LastSessionState.INCOMPLETE else "appendable"


COMPACT: Final = frozenset({Profile.CD_R, Profile.CD_RW})


def _open_compact(medium: Medium) -> str:
    """Name the state of a CD with an unfinished last session; a flush closes its tracks."""
    disc, tracks = medium.disc(), medium.tracks()
    members = [track for track in tracks if track.session_number == disc.number_of_sessions]
    if any(track.damage for track in members):
        return "damaged"
    if medium.recording_at_once:
        return "recording at once"
    if any(track.rt for track in members):
        return "track reserved"
    if not tracks[-1].blank:
        return "recording in packets" if tracks[-1].packet_inc else "recording"
    return "track closed" if len(members) > 1 else "appendable"


def diagram(medium: str) -> str:
    """Draw the arrows of a medium as a Mermaid state diagram."""
    rows = ARROWS[medium]
    names = list(dict.fromkeys(name for arrow in rows for name in (arrow.start, arrow.end)))
    ids = {name: f"s{number}" for number, name in enumerate(names)}
    return "\n".join(["stateDiagram-v2", *_lines(rows, ids)])


def _lines(rows: tuple[Arrow, ...], ids: Mapping[str, str]) -> Iterator[str]:
    for name, short in ids.items():
        yield f'    state "{name}" as {short}'
    yield f"    [*] --> {ids[rows[0].start]}"
    for arrow in rows:
        yield f"    {ids[arrow.start]} --> {ids[arrow.end]}: {arrow.action}"
