"""discstack: an optical-disc driver stack with its own file-system writer.

The names here are the public API; they are loaded when they are first used, so that `import discstack` costs little.

What can go wrong, by who is to blame; misuse is ValueError or TypeError:

    TransportError            no answer: nobody knows whether the device did anything
    +- TransportTimeout, DeviceGone, BackendUnavailable, TransferRefused, ReplayMismatch, DiscFileError
    +- AccessDenied           the system refused
       +- DeviceBusy, CommandFiltered
    DriveError                the drive or the disc
    +- CommandError           the drive refused or failed; by sense key:
    |  +- NoSense, RecoveredError, NotReady, MediumError, HardwareError, IllegalRequest, UnitAttention, DataProtect,
    |  |  BlankCheck, VendorSpecific, CopyAborted, AbortedCommand, VolumeOverflow, Miscompare, Completed
    |  +- StatusError         BUSY, RESERVATION CONFLICT and the other statuses without sense data
    +- ResponseError          an answer that makes no sense
    +- ShortTransfer          success, but not all bytes moved
    +- MediaError             the disc does not suit
    |  +- UnsupportedMedium, MediumNotBlank, MediumFull, DiscStateError, VerificationError
    +- DriveTimeout           the drive answers, but does not get done
    +- Cancelled
    LayoutError               an image that a file system cannot hold
    +- CapacityError          or that is larger than what is to hold it
    +- CueError               a cue sheet that makes no sense
    SourceError               a file that cannot be read, or is not what it was
    +- AudioFormatError       or that holds no audio for a CD
    VolumeError               a disc or an image whose file system cannot be read
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from discstack.attachment import AttachedBurner as AttachedBurner
    from discstack.attachment import attach as attach
    from discstack.audio.cue_file import CueSheet as CueSheet
    from discstack.audio.errors import AudioFormatError as AudioFormatError
    from discstack.audio.errors import CueError as CueError
    from discstack.audio.tracks import AudioTrack as AudioTrack
    from discstack.audio_writer import AudioWriter as AudioWriter
    from discstack.benchmark import Benchmark as Benchmark
    from discstack.cd_reader import CdFiles as CdFiles
    from discstack.cd_reader import CdReader as CdReader
    from discstack.curve import Curve as Curve
    from discstack.curve import CurveRecorder as CurveRecorder
    from discstack.curve import Mark as Mark
    from discstack.curve import MarkKind as MarkKind
    from discstack.curve import Sample as Sample
    from discstack.data_writer import DataWriter as DataWriter
    from discstack.data_writer import Writable as Writable
    from discstack.diagnosis import Diagnosis as Diagnosis
    from discstack.diagnosis import DriveDiagnosis as DriveDiagnosis
    from discstack.diagnosis import diagnose as diagnose
    from discstack.disc_master import DiscMaster as DiscMaster
    from discstack.disc_reader import DiscReader as DiscReader
    from discstack.drive_watch import DriveWatch as DriveWatch
    from discstack.emulator.disc_copy import DiscDescription as DiscDescription
    from discstack.emulator.disc_copy import describe_disc as describe_disc
    from discstack.emulator.disc_copy import duplicate_disc as duplicate_disc
    from discstack.emulator.discfile import DiscFileError as DiscFileError
    from discstack.emulator.kernel.attachment import AttachedDrive as AttachedDrive
    from discstack.eraser import Eraser as Eraser
    from discstack.events import Done as Done
    from discstack.events import DriveAdded as DriveAdded
    from discstack.events import DriveEvent as DriveEvent
    from discstack.events import DriveRemoved as DriveRemoved
    from discstack.events import EjectRequested as EjectRequested
    from discstack.events import Event as Event
    from discstack.events import FileProgress as FileProgress
    from discstack.events import MediumInserted as MediumInserted
    from discstack.events import MediumRemoved as MediumRemoved
    from discstack.events import Notice as Notice
    from discstack.events import Phase as Phase
    from discstack.events import PhaseStarted as PhaseStarted
    from discstack.events import Progress as Progress
    from discstack.events import TreeProgress as TreeProgress
    from discstack.events import Writing as Writing
    from discstack.file_system_image import FileSystemImage as FileSystemImage
    from discstack.file_verifier import FileReport as FileReport
    from discstack.file_verifier import FileVerifier as FileVerifier
    from discstack.formatter import Closer as Closer
    from discstack.formatter import Formatter as Formatter
    from discstack.fs.attributes import Attributes as Attributes
    from discstack.fs.attributes import Device as Device
    from discstack.fs.attributes import Kind as Kind
    from discstack.fs.attributes import Overrides as Overrides
    from discstack.fs.attributes import Times as Times
    from discstack.fs.boot.el_torito import BootPlatform as BootPlatform
    from discstack.fs.boot.el_torito import Emulation as Emulation
    from discstack.fs.boot.options import BootAddress as BootAddress
    from discstack.fs.boot.options import BootImage as BootImage
    from discstack.fs.boot.options import BootOptions as BootOptions
    from discstack.fs.boot.options import BootSector as BootSector
    from discstack.fs.boot.options import Partition as Partition
    from discstack.fs.boot.options import PartitionTable as PartitionTable
    from discstack.fs.boot.options import PartitionType as PartitionType
    from discstack.fs.comparison import Difference as Difference
    from discstack.fs.comparison import Mismatch as Mismatch
    from discstack.fs.errors import CapacityError as CapacityError
    from discstack.fs.errors import LayoutError as LayoutError
    from discstack.fs.errors import SourceError as SourceError
    from discstack.fs.errors import VolumeError as VolumeError
    from discstack.fs.extraction import Extracted as Extracted
    from discstack.fs.extraction import ExtractOptions as ExtractOptions
    from discstack.fs.extraction import Skipped as Skipped
    from discstack.fs.extraction import extract_tree as extract_tree
    from discstack.fs.graft_points import split_graft_point as split_graft_point
    from discstack.fs.image import Image as Image
    from discstack.fs.manifest import parse_manifest as parse_manifest
    from discstack.fs.nodes import File as File
    from discstack.fs.nodes import Special as Special
    from discstack.fs.nodes import Symlink as Symlink
    from discstack.fs.options import ImageOptions as ImageOptions
    from discstack.fs.options import RockRidge as RockRidge
    from discstack.fs.plan import Span as Span
    from discstack.fs.ranges import RangeSource as RangeSource
    from discstack.fs.reading.notes import Note as Note
    from discstack.fs.reading.notes import Oddity as Oddity
    from discstack.fs.reading.view import VolumeView as VolumeView
    from discstack.fs.reading.volume import Volume as Volume
    from discstack.fs.relaxed_names import Relaxation as Relaxation
    from discstack.fs.tree import Directory as Directory
    from discstack.fs.udf.revisions import UDF_REVISIONS as UDF_REVISIONS
    from discstack.fs.view import Change as Change
    from discstack.fs.view import Issue as Issue
    from discstack.fs.view import View as View
    from discstack.fs.weights import Weight as Weight
    from discstack.fs.weights import parse_weights as parse_weights
    from discstack.graphs import draw as draw
    from discstack.image_file import ImageFile as ImageFile
    from discstack.image_writer import ImageWriter as ImageWriter
    from discstack.measurement import BenchmarkKind as BenchmarkKind
    from discstack.measurement import Setting as Setting
    from discstack.measurement import Spread as Spread
    from discstack.measurement import Summary as Summary
    from discstack.measurement import Trial as Trial
    from discstack.measurement import summaries as summaries
    from discstack.mmc.cd.blanking import BlankType as BlankType
    from discstack.mmc.cd.composing import SubChannelForm as SubChannelForm
    from discstack.mmc.cd.contents import CdContents as CdContents
    from discstack.mmc.cd.contents import CdTrackContents as CdTrackContents
    from discstack.mmc.cd.job import CdResult as CdResult
    from discstack.mmc.cd.program import Placed as Placed
    from discstack.mmc.cd.program import Program as Program
    from discstack.mmc.cd.program import ProgramTrack as ProgramTrack
    from discstack.mmc.cd.program import TrackForm as TrackForm
    from discstack.mmc.cd.raw import RawLimits as RawLimits
    from discstack.mmc.drive import Drive as Drive
    from discstack.mmc.errors import AbortedCommand as AbortedCommand
    from discstack.mmc.errors import BlankCheck as BlankCheck
    from discstack.mmc.errors import Cancelled as Cancelled
    from discstack.mmc.errors import CommandError as CommandError
    from discstack.mmc.errors import Completed as Completed
    from discstack.mmc.errors import CopyAborted as CopyAborted
    from discstack.mmc.errors import DataProtect as DataProtect
    from discstack.mmc.errors import DiscStateError as DiscStateError
    from discstack.mmc.errors import DriveError as DriveError
    from discstack.mmc.errors import DriveTimeout as DriveTimeout
    from discstack.mmc.errors import HardwareError as HardwareError
    from discstack.mmc.errors import IllegalRequest as IllegalRequest
    from discstack.mmc.errors import MediaError as MediaError
    from discstack.mmc.errors import MediumError as MediumError
    from discstack.mmc.errors import MediumFull as MediumFull
    from discstack.mmc.errors import MediumNotBlank as MediumNotBlank
    from discstack.mmc.errors import Miscompare as Miscompare
    from discstack.mmc.errors import NoSense as NoSense
    from discstack.mmc.errors import NotReady as NotReady
    from discstack.mmc.errors import RecoveredError as RecoveredError
    from discstack.mmc.errors import ResponseError as ResponseError
    from discstack.mmc.errors import ShortTransfer as ShortTransfer
    from discstack.mmc.errors import StatusError as StatusError
    from discstack.mmc.errors import UnitAttention as UnitAttention
    from discstack.mmc.errors import UnsupportedMedium as UnsupportedMedium
    from discstack.mmc.errors import VendorSpecific as VendorSpecific
    from discstack.mmc.errors import VerificationError as VerificationError
    from discstack.mmc.errors import VolumeOverflow as VolumeOverflow
    from discstack.mmc.inspection import Inspection as Inspection
    from discstack.mmc.job import BurnResult as BurnResult
    from discstack.mmc.job import Digests as Digests
    from discstack.mmc.job import SpeedReport as SpeedReport
    from discstack.mmc.job import VerifyLevel as VerifyLevel
    from discstack.mmc.job import WriteCommand as WriteCommand
    from discstack.mmc.medium import Action as Action
    from discstack.mmc.medium import DiscState as DiscState
    from discstack.mmc.medium import FormatChoice as FormatChoice
    from discstack.mmc.medium import MediumStatus as MediumStatus
    from discstack.mmc.medium import Track as Track
    from discstack.mmc.medium import WriteMode as WriteMode
    from discstack.mmc.medium import WriteSpeed as WriteSpeed
    from discstack.mmc.recipe import FormatOptions as FormatOptions
    from discstack.mmc.spec.cd.text import CdTextBlock as CdTextBlock
    from discstack.mmc.spec.cd.text import CharacterCode as CharacterCode
    from discstack.mmc.spec.cd.text import Language as Language
    from discstack.mmc.spec.cd.text import PackType as PackType
    from discstack.mmc.spec.profiles import Profile as Profile
    from discstack.mmc.spec.sense import Sense as Sense
    from discstack.mmc.spec.sense import SenseKey as SenseKey
    from discstack.mmc.stream import BlockSource as BlockSource
    from discstack.raw_image import RawImage as RawImage
    from discstack.raw_image import RawWriter as RawWriter
    from discstack.recorder import Recorder as Recorder
    from discstack.recorder import open_recorder
    from discstack.recording import recording_to as recording_to
    from discstack.transport.base import AccessDenied as AccessDenied
    from discstack.transport.base import BackendUnavailable as BackendUnavailable
    from discstack.transport.base import CommandFiltered as CommandFiltered
    from discstack.transport.base import DeviceBusy as DeviceBusy
    from discstack.transport.base import DeviceGone as DeviceGone
    from discstack.transport.base import FeedCounters as FeedCounters
    from discstack.transport.base import Reply as Reply
    from discstack.transport.base import TransferRefused as TransferRefused
    from discstack.transport.base import TransportError as TransportError
    from discstack.transport.base import TransportTimeout as TransportTimeout
    from discstack.transport.diagnosis import Check as Check
    from discstack.transport.diagnosis import Verdict as Verdict
    from discstack.transport.record.replay import ReplayMismatch as ReplayMismatch
    from discstack.transport.system import DriveEntry as DriveEntry
    from discstack.transport.system import DriveSystem as DriveSystem
    from discstack.transport.system import Holder as Holder
    from discstack.transport.system import Usage as Usage
    from discstack.volumes import read_volume as read_volume

    open = open_recorder

__version__: Final = "0.1.0"

_HOMES: Final = {
    "discstack.attachment": ("AttachedBurner", "attach"),
    "discstack.audio.cue_file": ("CueSheet",),
    "discstack.audio.errors": ("AudioFormatError", "CueError"),
    "discstack.audio.tracks": ("AudioTrack",),
    "discstack.audio_writer": ("AudioWriter",),
    "discstack.benchmark": ("Benchmark",),
    "discstack.cd_reader": ("CdFiles", "CdReader"),
    "discstack.curve": ("Curve", "CurveRecorder", "Mark", "MarkKind", "Sample"),
    "discstack.data_writer": ("DataWriter", "Writable"),
    "discstack.diagnosis": ("Diagnosis", "DriveDiagnosis", "diagnose"),
    "discstack.disc_master": ("DiscMaster",),
    "discstack.disc_reader": ("DiscReader",),
    "discstack.drive_watch": ("DriveWatch",),
    "discstack.eraser": ("Eraser",),
    "discstack.formatter": ("Closer", "Formatter"),
    "discstack.emulator.disc_copy": ("DiscDescription", "describe_disc", "duplicate_disc"),
    "discstack.emulator.discfile": ("DiscFileError",),
    "discstack.emulator.kernel.attachment": ("AttachedDrive",),
    "discstack.events": (
        "Done",
        "DriveAdded",
        "DriveEvent",
        "DriveRemoved",
        "EjectRequested",
        "Event",
        "FileProgress",
        "MediumInserted",
        "MediumRemoved",
        "Notice",
        "Phase",
        "PhaseStarted",
        "Progress",
        "TreeProgress",
        "Writing",
    ),
    "discstack.file_system_image": ("FileSystemImage",),
    "discstack.file_verifier": ("FileReport", "FileVerifier"),
    "discstack.graphs": ("draw",),
    "discstack.image_file": ("ImageFile",),
    "discstack.image_writer": ("ImageWriter",),
    "discstack.measurement": ("BenchmarkKind", "Setting", "Spread", "Summary", "Trial", "summaries"),
    "discstack.fs.attributes": ("Attributes", "Device", "Kind", "Overrides", "Times"),
    "discstack.fs.boot.el_torito": ("BootPlatform", "Emulation"),
    "discstack.fs.boot.options": (
        "BootAddress",
        "BootImage",
        "BootOptions",
        "BootSector",
        "Partition",
        "PartitionTable",
        "PartitionType",
    ),
    "discstack.fs.comparison": ("Difference", "Mismatch"),
    "discstack.fs.errors": ("CapacityError", "LayoutError", "SourceError", "VolumeError"),
    "discstack.fs.extraction": ("ExtractOptions", "Extracted", "Skipped", "extract_tree"),
    "discstack.fs.graft_points": ("split_graft_point",),
    "discstack.fs.image": ("Image",),
    "discstack.fs.manifest": ("parse_manifest",),
    "discstack.fs.nodes": ("File", "Special", "Symlink"),
    "discstack.fs.options": ("ImageOptions", "RockRidge"),
    "discstack.fs.ranges": ("RangeSource",),
    "discstack.fs.relaxed_names": ("Relaxation",),
    "discstack.fs.plan": ("Span",),
    "discstack.fs.reading.notes": ("Note", "Oddity"),
    "discstack.fs.reading.view": ("VolumeView",),
    "discstack.fs.reading.volume": ("Volume",),
    "discstack.fs.tree": ("Directory",),
    "discstack.fs.udf.revisions": ("UDF_REVISIONS",),
    "discstack.fs.view": ("Change", "Issue", "View"),
    "discstack.fs.weights": ("Weight", "parse_weights"),
    "discstack.mmc.cd.blanking": ("BlankType",),
    "discstack.mmc.cd.composing": ("SubChannelForm",),
    "discstack.mmc.cd.contents": ("CdContents", "CdTrackContents"),
    "discstack.mmc.cd.job": ("CdResult",),
    "discstack.mmc.cd.program": ("Placed", "Program", "ProgramTrack", "TrackForm"),
    "discstack.mmc.cd.raw": ("RawLimits",),
    "discstack.mmc.drive": ("Drive",),
    "discstack.mmc.errors": (
        "AbortedCommand",
        "BlankCheck",
        "Cancelled",
        "CommandError",
        "Completed",
        "CopyAborted",
        "DataProtect",
        "DiscStateError",
        "DriveError",
        "DriveTimeout",
        "HardwareError",
        "IllegalRequest",
        "MediaError",
        "MediumError",
        "MediumFull",
        "MediumNotBlank",
        "Miscompare",
        "NoSense",
        "NotReady",
        "RecoveredError",
        "ResponseError",
        "ShortTransfer",
        "StatusError",
        "UnitAttention",
        "UnsupportedMedium",
        "VendorSpecific",
        "VerificationError",
        "VolumeOverflow",
    ),
    "discstack.mmc.inspection": ("Inspection",),
    "discstack.mmc.job": ("BurnResult", "Digests", "SpeedReport", "VerifyLevel", "WriteCommand"),
    "discstack.mmc.medium": ("Action", "DiscState", "FormatChoice", "MediumStatus", "Track", "WriteMode", "WriteSpeed"),
    "discstack.mmc.recipe": ("FormatOptions",),
    "discstack.mmc.spec.cd.text": ("CdTextBlock", "CharacterCode", "Language", "PackType"),
    "discstack.mmc.spec.profiles": ("Profile",),
    "discstack.mmc.spec.sense": ("Sense", "SenseKey"),
    "discstack.mmc.stream": ("BlockSource",),
    "discstack.raw_image": ("RawImage", "RawWriter"),
    "discstack.recorder": ("Recorder",),
    "discstack.recording": ("recording_to",),
    "discstack.transport.base": (
        "AccessDenied",
        "BackendUnavailable",
        "CommandFiltered",
        "DeviceBusy",
        "DeviceGone",
        "FeedCounters",
        "Reply",
        "TransferRefused",
        "TransportError",
        "TransportTimeout",
    ),
    "discstack.transport.diagnosis": ("Check", "Verdict"),
    "discstack.transport.record.replay": ("ReplayMismatch",),
    "discstack.transport.system": ("DriveEntry", "DriveSystem", "Holder", "Usage"),
    "discstack.volumes": ("read_volume",),
}
_HOME: Final = {name: module for module, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:  # checkers have the imports above, and would let any misspelled name pass by this
    __all__ = [*_HOME, "open"]

    def __getattr__(name: str) -> Any:
        if name == "open":
            value = import_module("discstack.recorder").open_recorder
        elif name in _HOME:
            value = getattr(import_module(_HOME[name]), name)
        else:
            raise AttributeError(f"module 'discstack' has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
