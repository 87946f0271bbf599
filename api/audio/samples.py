"""Files of samples: WAV by our own reader, everything else through libsndfile (the extra `discstack[audio]`).

A CD holds 44,100 samples a second of 16 bits in two channels. WAV files that are so are taken as they are. libsndfile
decodes other sample formats (24 bits, floating point, FLAC, Ogg, MP3), which are rounded to 16 bits and, where they are
louder than a CD can be, clipped; mono goes to both channels. Another sample rate is refused: resampling is for a tool
that is made for it.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any, BinaryIO, Final

from discstack.audio.errors import AudioFormatError
from discstack.audio.pieces import FilePiece, Piece, size_of
from discstack.audio.wholeness import FLAWS, NO_LENGTH, NO_LONG_SIZE, NO_SIZE, check_size, flaw
from discstack.fs.errors import SourceError

RATE: Final = 44_100  # samples a second
FRAME: Final = 4  # bytes: two samples of 16 bits
SECTOR: Final = 2352  # bytes; 588 frames
CHANNELS, BITS = 2, 16
FULL_SCALE: Final = 1 << (BITS - 1)
PCM, EXTENSIBLE = 0x0001, 0xFFFE  # format tags of RIFF WAVE
CHUNK_HEADER: Final = 8
IN_DS64: Final = 0xFFFFFFFF  # the size of a chunk whose real one is in the chunk ds64 of RF64 (EBU Tech 3306)
HEADS: Final = re.compile(rb"R(IFF|F64)....WAVE|FORM....AIF[FC]|fLaC|OggS|ID3[\x02-\x04]|\.snd|caff\0", re.DOTALL)
DECODED_AT_ONCE: Final = 1 << 16  # samples


def audio_piece(path: Path) -> Piece:
    """Return the samples of a file as a CD wants them; AudioFormatError where it holds none or other ones."""
    size_of(path)  # of a pipe nothing may be read in vain
    found = _wave(path) or _decoded(path)
    if not found.size:
        raise AudioFormatError(str(path), "there are no samples in it")
    return found


def has_head(path: Path) -> bool:
    """Say whether a file begins as those of samples do, and no bare samples would; SourceError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return HEADS.match(file.read(12)) is not None
    except OSError as error:
        raise SourceError(str(path), error.strerror or str(error)) from error


def _wave(path: Path) -> Piece | None:
    """Return the samples of a WAV file that needs no conversion; None for any other file."""
    try:
        with path.open("rb") as file:
            check_size(path, file)
            file.seek(0)
            start = file.read(12)
            if start[:4] not in (b"RIFF", b"RF64") or start[8:] != b"WAVE":
                return None
            return _chunks(path, file)
    except OSError as error:
        raise SourceError(str(path), error.strerror or str(error)) from error


def _chunks(path: Path, file: BinaryIO) -> Piece | None:
    known: tuple[int, ...] | None = None
    long_size = 0
    end = path.stat().st_size
    while len(header := file.read(CHUNK_HEADER)) == CHUNK_HEADER:
        name, size = struct.unpack("<4sI", header)
        here = file.tell()
        if name == b"fmt ":
            known = _format(file.read(size))
        elif name == b"ds64":
            long_size = int.from_bytes(file.read(16)[8:], "little")  # behind that of the file
        elif name == b"data":
            if known is None:
                raise AudioFormatError(str(path), "the data of this WAV file come before their format")
            length = _data_length(path, _told(size, long_size), end - here, end)
            return FilePiece(path, here, length - length % FRAME) if known == (PCM, CHANNELS, RATE, BITS) else None
        file.seek(here + size + (size & 1))
    raise AudioFormatError(str(path), "this WAV file has no data")


def _told(size: int, long_size: int) -> int:
    """Return the size of the samples, which RF64 has in 64 bits elsewhere; 0 where the writer knew none."""
    if size == IN_DS64:
        return long_size if long_size < NO_LONG_SIZE else 0
    return size if size < NO_SIZE else 0


def _data_length(path: Path, told: int, left: int, whole: int) -> int:
    """Return how many bytes of samples there are; some writers count what is before them, too."""
    if not told:
        return left
    if told > whole:
        raise AudioFormatError(str(path), f"it was cut off: {left} of the {told} bytes of samples that it tells of")
    return min(told, left)


def _format(chunk: bytes) -> tuple[int, int, int, int]:
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk.ljust(16, b"\0"))
    if tag == EXTENSIBLE and len(chunk) >= 26:
        tag = struct.unpack_from("<H", chunk, 24)[0]
    return tag, channels, rate, bits


def _decoded(path: Path) -> Piece:
    try:
        import soundfile
    except ImportError as error:
        raise AudioFormatError(
            str(path), "no WAV of 44.1 kHz, 16 bits, stereo; install discstack[audio] to decode other files"
        ) from error
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioFormatError(str(path), f"libsndfile cannot read it: {error}") from error
    if info.samplerate != RATE:
        raise AudioFormatError(
            str(path), f"{info.samplerate} samples a second; a CD has {RATE}: resample it first (sox, ffmpeg)"
        )
    if info.channels not in (1, CHANNELS):
        raise AudioFormatError(str(path), f"{info.channels} channels; a CD has two: mix it down first (sox, ffmpeg)")
    return DecodedPiece(path, _counted(path, info) if info.format in FLAWS else info.frames)


def _counted(path: Path, info: Any) -> int:
    """Decode a file to its end: what is damaged is to be known before a disc is, and MP3 files tell about how long."""
    import soundfile

    if info.format == "FLAC" and info.frames == NO_LENGTH:  # soundfile seeks after each read, and libsndfile cannot
        why = "it does not tell how long it is (it was written into a pipe, perhaps)"
        raise AudioFormatError(str(path), f"{why}: decode it to WAV first (flac, ffmpeg)")
    frames = 0
    try:
        with path.open("rb") as file, soundfile.SoundFile(file) as opened:
            while some := len(opened.read(DECODED_AT_ONCE, dtype="float32")):
                frames += some
            found = flaw(file, info.format, frames, info.frames)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioFormatError(str(path), f"libsndfile cannot decode all of it: {error}") from error
    if found:
        raise AudioFormatError(str(path), found)
    return frames


class DecodedPiece:
    """The samples of a file that libsndfile decodes."""

    def __init__(self, path: Path, frames: int) -> None:
        self.path, self.size = path, frames * FRAME

    def open(self) -> DecodedStream:
        """Open the file at its first sample."""
        return DecodedStream(self)


class DecodedStream:
    """Samples of 16 bits, two channels, little-endian."""

    def __init__(self, piece: DecodedPiece) -> None:
        self._path, self._left = piece.path, piece.size
        self._file: Any = None
        self._rest = memoryview(b"")

    def readinto(self, buffer: memoryview, /) -> int:
        """Decode on; 0 at the end. AudioFormatError where that comes too early."""
        if not self._rest:
            self._rest = memoryview(self._decode(max(len(buffer) // FRAME, 1)))
            if not self._rest and self._left:
                raise AudioFormatError(str(self._path), f"it became shorter: {self._left} bytes are missing")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        self._left -= count
        return count

    def _decode(self, frames: int) -> bytes:
        import soundfile

        try:
            if self._file is None:
                self._file = soundfile.SoundFile(self._path)
            # asked for integers, libsndfile scales no floating point and lets what is too loud wrap around
            samples = self._file.read(frames, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, OSError) as error:
            raise AudioFormatError(str(self._path), f"libsndfile cannot read on: {error}") from error
        if not len(samples):
            self._file.close()
            return b""
        stereo = samples if samples.shape[1] == CHANNELS else samples.repeat(CHANNELS, axis=1)
        scaled = (stereo * FULL_SCALE).round().clip(-FULL_SCALE, FULL_SCALE - 1)
        return bytes(scaled.astype("<i2").tobytes())
