"""Finding out what is in the drive: every question asked once, then judged by the recipe of the medium's family."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from discstack.mmc import actions, layers, queries
from discstack.mmc.command import BLOCK_SIZE, UNSUPPORTED, act, optional
from discstack.mmc.errors import (
    BlankCheck,
    CommandError,
    DiscStateError,
    IllegalRequest,
    MediumError,
    NotReady,
    ResponseError,
    ShortTransfer,
    UnsupportedMedium,
)
from discstack.mmc.loading import wait_for_medium
from discstack.mmc.media import JUMPING, READ_ONLY, recipe_for
from discstack.mmc.medium import DiscState, MediumStatus, Track
from discstack.mmc.polling import persist
from discstack.mmc.procedure import MaxTransfer, Procedure
from discstack.mmc.quirks import quirks_of
from discstack.mmc.recipe import Recipe, Survey, Work
from discstack.mmc.spec.commands import TEST_UNIT_READY
from discstack.mmc.spec.disc_information import DiscInformation
from discstack.mmc.spec.features import Configuration, FeatureCode
from discstack.mmc.spec.inquiry import MMC_DEVICE, InquiryData
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.track_information import DataMode, TrackInformation
from discstack.mmc.speed import write_speeds

__all__ = ["identify", "look", "next_writable", "open_work", "status_of"]

EMPTY_START: Final = 2 << 20  # bytes; a medium whose beginning is all zeros so far holds no file system
# Additional sense codes of illegal requests that a READ of unwritten blocks ends with; others tell of data (5/6F/xx)
NOT_WRITTEN: Final = frozenset({0x21, 0x64})
FORMAT_IN_PROGRESS: Final = (0x2, 0x04, 0x04)


def identify() -> Procedure[MediumStatus]:
    """Say what medium there is and what can be done with it; never raises for what is wrong with the medium."""
    if (yield from _formatting()):
        return MediumStatus(profile=Profile.NONE, name="medium", state=DiscState.FORMATTING)
    if (yield from wait_for_medium()):
        return (yield from look())
    return MediumStatus(profile=Profile.NONE, name="", state=DiscState.NO_MEDIUM)


def look() -> Procedure[MediumStatus]:
    """Do as `identify` of a drive that is ready."""
    configuration = yield from _configuration()
    recipe = recipe_for(configuration)
    if recipe is None:
        return (yield from _other(configuration))
    survey = yield from _survey(recipe, configuration)
    return recipe.assess(recipe, survey)


def open_work() -> Procedure[Work]:
    """Wait for the drive, and prepare for work on the medium in it.

    Raises DiscStateError without a medium, UnsupportedMedium for one without a recipe.
    """
    if not (yield from wait_for_medium()):
        raise DiscStateError("there is no medium in the drive")
    names = yield from persist(queries.inquiry, swallow_attentions=True)
    _check_device_type(names)
    configuration = yield from _configuration()
    recipe = recipe_for(configuration)
    if recipe is None:
        status = yield from _other(configuration)
        raise UnsupportedMedium(f"cannot write to this medium: {status}")
    survey = yield from _survey(recipe, configuration)
    return Work(
        recipe=recipe,
        status=recipe.assess(recipe, survey),
        survey=survey,
        quirks=quirks_of(names.t10_vendor_identification, names.product_identification),
    )


def status_of(work: Work) -> Procedure[MediumStatus]:
    """Look at the medium of a job anew; DiscStateError if it has become another kind of medium.

    A disc that the drive takes for a pressed one, now that it is finalized, is judged as what it is.
    """
    configuration = yield from persist(queries.current_configuration)
    recipe = recipe_for(configuration) or work.recipe
    known = {work.survey.profile, *work.recipe.becomes}
    if work.recipe.sequential:
        known |= READ_ONLY.keys()
    if configuration.current_profile not in known:
        raise DiscStateError(
            f"the medium was a {work.recipe.name} and is now of profile {configuration.current_profile:04X}h"
        )
    survey = yield from _survey(recipe, configuration)
    return recipe.assess(recipe, survey)


def next_writable(work: Work) -> Procedure[int | None]:
    """Ask the drive, and nothing more than it takes, where it would write next."""
    disc = yield from persist(queries.disc_information)
    open_track = yield from _open_track(work.recipe, disc)
    fresh = replace(work.survey, disc=disc, open_track=open_track)
    return work.recipe.assess(work.recipe, fresh).next_writable_address


def _configuration() -> Procedure[Configuration]:
    """Ask what the drive can do with its medium; UnsupportedMedium where it is no drive, or knows no such question."""
    try:
        configuration = yield from persist(queries.current_configuration, swallow_attentions=True)
    except IllegalRequest as error:
        if error.sense.asc not in UNSUPPORTED:
            raise
        names = yield from persist(queries.inquiry, swallow_attentions=True)
        _check_device_type(names)
        raise UnsupportedMedium(
            f"{names.name} does not know GET CONFIGURATION, as all drives since MMC-2 do: it cannot tell what medium "
            "it holds, and is not written to"
        ) from error
    if not configuration.features:  # what is in a drive of MMC's first edition was guessed: any device may look so
        _check_device_type((yield from persist(queries.inquiry, swallow_attentions=True)))
    return configuration


def _check_device_type(names: InquiryData) -> None:
    if names.peripheral_device_type != MMC_DEVICE:
        raise UnsupportedMedium(
            f"{names.name} is of device type {names.peripheral_device_type:02X}h: no CD, DVD or BD drive"
        )


def _formatting() -> Procedure[bool]:
    try:
        yield from act(TEST_UNIT_READY)
    except NotReady as error:
        return error.sense.triple == FORMAT_IN_PROGRESS
    except CommandError:
        return False  # a unit attention, or something that asking again will tell
    return False


def _other(configuration: Configuration) -> Procedure[MediumStatus]:
    """Describe a medium that cannot be written; Mount Rainier discs and those with layer jumps can be read."""
    profile = Profile.of(configuration.current_profile)
    managed = configuration.is_current(FeatureCode.MRW)
    blocks = sessions = 0
    tracks: tuple[Track, ...] = ()
    if profile in JUMPING:
        tracks = yield from _jumping_tracks()
    if managed or tracks or profile in READ_ONLY:
        blocks = yield from _read_capacity()
        disc = yield from persist(lambda: optional(queries.disc_information()))
        sessions = disc.number_of_sessions if disc is not None else 0
    kind = "Mount Rainier discs" if managed else "such media"
    return MediumStatus(
        profile=configuration.current_profile,
        name=profile.title,
        state=DiscState.READ_ONLY if profile in READ_ONLY else DiscState.UNSUPPORTED,
        capacity_blocks=blocks,
        used_blocks=blocks,
        sessions=sessions,
        tracks=tracks,
        reason="" if profile in READ_ONLY else f"this library does not write {kind}",
    )


def _jumping_tracks() -> Procedure[tuple[Track, ...]]:
    """Return what is recorded on a disc with layer jumps: of each track the run on either layer."""
    disc = yield from persist(lambda: optional(queries.disc_information()))
    middle = yield from layers.as_pressed()
    if disc is None or not middle:
        return ()
    found = []
    for number in queries.track_numbers(disc):
        information = yield from persist(partial(_track, number))
        if information is not None and information.lra_v:
            track = replace(track_of(information), free=0, next_writable_address=None)
            found += [replace(track, start=run.start, blocks=len(run)) for run in layers.jumped(information, middle)]
    return tuple(found)


def _survey(recipe: Recipe, configuration: Configuration) -> Procedure[Survey]:
    disc = yield from persist(lambda: optional(queries.disc_information()))
    tracks = (yield from _tracks(disc)) if disc is not None else ()
    survey = Survey(
        profile=configuration.current_profile,
        configuration=configuration,
        disc=disc,
        tracks=tracks,
        open_track=(yield from _open_track(recipe, disc)),
        formats=(yield from persist(lambda: optional(queries.format_capacities()))),
        read_capacity=(yield from _read_capacity()),
        groove_capacity=(yield from _groove_capacity()) if recipe.is_cd else 0,
        layer_break=(yield from recipe.ask_layer_break()) if recipe.ask_layer_break is not None else None,
        write_speeds=(yield from write_speeds(recipe)),
    )
    if recipe.ask_test is not None:
        return replace(survey, test=(yield from recipe.ask_test(survey)))
    if recipe.sequential:
        return survey
    return replace(survey, starts_empty=(yield from _starts_empty(survey.read_capacity)))


def _tracks(disc: DiscInformation) -> Procedure[tuple[Track, ...]]:
    tracks = []
    for number in queries.track_numbers(disc):
        information = yield from persist(partial(_track, number))
        if information is not None:
            tracks.append(track_of(information))
    return tuple(tracks)


def _open_track(recipe: Recipe, disc: DiscInformation | None) -> Procedure[Track | None]:
    if recipe.open_track is None or disc is None:
        return None
    number = recipe.open_track(disc)
    information = yield from persist(partial(_track, number))
    return track_of(information) if information is not None else None


def _track(number: int) -> Procedure[TrackInformation | None]:
    return (yield from optional(queries.track_information(number)))


def track_of(information: TrackInformation) -> Track:
    """Take from READ TRACK INFORMATION what this layer works with."""
    return Track(
        number=information.logical_track_number,
        session=information.session_number,
        start=information.logical_track_start_address,
        blocks=information.logical_track_size,
        free=information.free_blocks,
        next_writable_address=information.valid_next_writable_address,
        blank=information.blank,
        damaged=information.damage,
        packet=_packet(information),
        data_mode=_data_mode(information),
        last_recorded_address=information.last_recorded_address if information.lra_v else None,
    )


def _data_mode(information: TrackInformation) -> DataMode | None:
    told = information.data_mode if information.is_data and not information.blank else DataMode.NO_DATA
    return DataMode(told) if told in (DataMode.MODE_1, DataMode.MODE_2) else None


def _packet(information: TrackInformation) -> int | None:
    if not information.packet_inc:
        return None
    return information.fixed_packet_size_blocking_factor if information.fp else 0


def _read_capacity() -> Procedure[int]:
    """Return the number of blocks that READ CAPACITY tells; 0 for a medium that has none yet."""
    try:
        capacity = yield from persist(queries.read_capacity)
    except (IllegalRequest, MediumError, BlankCheck, NotReady):
        return 0
    return capacity.blocks if capacity.returned_lba else 0


def _groove_capacity() -> Procedure[int]:
    """Return how many blocks a CD has room for, 0 where the drive cannot read its pre-groove."""
    try:
        atip = yield from persist(queries.atip)
    except (IllegalRequest, MediumError, ResponseError):
        return 0
    return max(atip.last_lead_out.lba, 0) if atip.last_lead_out.valid else 0


def _starts_empty(capacity: int) -> Procedure[bool]:
    """Say whether the beginning of an overwritable medium is all zeros or was never written."""
    piece = min((yield MaxTransfer()), 64 << 10) // BLOCK_SIZE
    for lba in range(0, min(EMPTY_START // BLOCK_SIZE, capacity), piece):
        buffer = memoryview(bytearray(min(piece, capacity - lba) * BLOCK_SIZE))
        try:
            yield from persist(partial(actions.read_blocks, lba, buffer))
        except BlankCheck:
            continue
        except IllegalRequest as error:
            if error.sense.asc not in NOT_WRITTEN:
                return False
        except (MediumError, ShortTransfer):
            return False
        if bytes(buffer) != bytes(len(buffer)):
            return False
    return True
