"""The names of the volume (UDF 1.02 2.2.2, 2.2.4, 2.3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discstack.fs.errors import LayoutError
from discstack.fs.options import ImageOptions
from discstack.fs.udf.cs0 import clean, encode, fit, is_clean
from discstack.fs.view import View

# What a dstring of 128 or 32 bytes holds beside its length, the compression ID included
LONG: Final = 127
SHORT: Final = 31


@dataclass(frozen=True, slots=True)
class VolumeIds:
    """The identifiers of a volume.

    The logical volume's is what systems show. Those of the volume and of the file set have a quarter of its room;
    they hold its start. `volume_set` comes behind what makes that of the volume set unique.
    """

    logical_volume: str
    volume_set: str
    clock: int

    @property
    def short(self) -> str:
        """The identifier of the volume and of the file set."""
        return fit(self.logical_volume, SHORT)

    def unique_volume_set(self, digest: bytes) -> str:
        """Return the identifier of the volume set, which differs for different trees; `digest` is that of the tree.

        UDF 1.02 2.2.2.5: 16 hex digits, the time and 8 that make it unique; verifiers want them in lower case.
        """
        return f"{self.clock // 10**9 & 0xFFFFFFFF:08x}{digest[:4].hex()}{self.volume_set}"


def volume_ids(options: ImageOptions, clock: int) -> VolumeIds:
    """Return the identifiers that the options ask for; LayoutError where one given for this view does not fit."""
    label = options.volume_ids.get(View.UDF)
    if label is None:
        label = fit(clean(options.volume_id), LONG)
    else:
        _check("UDF volume id", label)
    ids = VolumeIds(label, options.volume_set_id or fit(label, SHORT), clock)
    _check("UDF volume set id", ids.unique_volume_set(bytes(4)))
    return ids


def _check(what: str, text: str) -> None:
    if not is_clean(text):
        raise LayoutError(f"{what} {clean(text)!r} had characters that OSTA CS0 has not")
    if (size := len(encode(text))) > LONG:
        raise LayoutError(f"{what} {text!r} takes {size} bytes in OSTA CS0, and {LONG} are there: shorten it")
