"""The reply of GET CONFIGURATION and the table of all features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, TypeVar

from discstack.mmc.spec.counted import Bytes, Counted, by_code, join
from discstack.mmc.spec.features import access, basic, bd, cd, drive, dvd
from discstack.mmc.spec.features.base import HEADER_SIZE, Feature, RawFeature
from discstack.mmc.spec.layout import Layout, bits, enumerated, reserved
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.value import declared

F = TypeVar("F", bound=Feature)

FEATURES: Final[dict[int, type[Feature]]] = by_code(
    *(basic.ProfileList, basic.Core, basic.Morphing, basic.RemovableMedium, basic.WriteProtect),
    *(access.RandomReadable, cd.MultiRead, cd.CdRead, dvd.DvdRead, access.RandomWritable),
    *(access.IncrementalStreamingWritable, access.SectorErasable, access.Formattable),
    *(access.HardwareDefectManagement, access.WriteOnce, access.RestrictedOverwrite, cd.CdRwCavWrite, cd.Mrw),
    *(basic.EnhancedDefectReporting, dvd.DvdPlusRw, dvd.DvdPlusR, access.RigidRestrictedOverwrite),
    *(cd.CdTrackAtOnce, cd.CdMastering, dvd.DvdRRwWrite, cd.DdcdRead, cd.DdcdRWrite, cd.DdcdRwWrite),
    *(access.LayerJumpRecording, access.LjRigidRestrictedOverwrite, access.StopLongOperation),
    *(cd.CdRwMediaWriteSupport, bd.BdRPow, dvd.DvdPlusRwDl, dvd.DvdPlusRDl, bd.BdRead, bd.BdWrite, bd.Tsr),
    *(dvd.HdDvdRead, dvd.HdDvdWrite, dvd.HdDvdRwFragmentRecording, basic.HybridDisc),
    *(drive.PowerManagement, drive.Smart, drive.EmbeddedChanger, cd.CdAudioExternalPlay, drive.MicrocodeUpgrade),
    *(drive.Timeout, dvd.DvdCss, drive.RealTimeStreaming, drive.DriveSerialNumber, drive.MediaSerialNumber),
    *(drive.DiscControlBlocks, dvd.DvdCprm, drive.FirmwareInformation, bd.Aacs, dvd.DvdCssManagedRecording),
    *(dvd.Vcps, drive.SecurDisc, bd.BdCps, drive.Ossc),
)


def parse_features(data: Bytes) -> Iterator[Feature]:
    """Read feature descriptors one after the other; a last one that is cut off is left out."""
    while len(data) >= HEADER_SIZE and len(data) >= (size := HEADER_SIZE + data[3]):
        kind = FEATURES.get(int.from_bytes(data[:2], "big"), RawFeature)
        yield kind.parse(data[:size])
        data = data[size:]


@declared
class Configuration(Counted):
    """What the drive can do, now and at all (GET CONFIGURATION)."""

    layout: ClassVar[Layout] = Layout(
        "configuration",
        *("data_length" / bits(32), reserved(16), "current_profile" / enumerated(16, Profile)),
        clause="MMC-6 6.5.3",
    )
    length_field: ClassVar[str] = "data_length"
    required: ClassVar[int] = 8

    current_profile: int = Profile.NONE
    features: tuple[Feature, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the feature descriptors."""
        return {"features": tuple(parse_features(data))}

    def build_tail(self) -> bytes:
        """Return the feature descriptors."""
        return join(self.features)

    def feature(self, code: int) -> Feature | None:
        """Return the descriptor of a feature, None where the drive does not have it."""
        return next((feature for feature in self.features if feature.feature_code == code), None)

    def get(self, kind: type[F]) -> F | None:
        """Return the descriptor of a feature by its class, None where the drive does not have it."""
        return next((feature for feature in self.features if isinstance(feature, kind)), None)

    def is_current(self, code: int) -> bool:
        """Tell whether a feature is there and current."""
        feature = self.feature(code)
        return feature is not None and feature.current

    @property
    def profiles(self) -> tuple[int, ...]:
        """The profiles that the drive knows, the preferred one first."""
        profiles = self.get(basic.ProfileList)
        return tuple(descriptor.profile_number for descriptor in profiles.profiles) if profiles else ()
