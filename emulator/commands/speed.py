"""Speeds: SET CD SPEED, SET STREAMING, GET PERFORMANCE."""

from __future__ import annotations

from typing import Final

from discstack.emulator.conditions import PARAMETER_LIST_LENGTH, Refusal, invalid_field, invalid_parameter
from discstack.emulator.drive import Drive
from discstack.emulator.pace import AS_FAST_AS_CAN_BE, Asked
from discstack.emulator.request import Request
from discstack.mmc.spec.performance import (
    NominalPerformance,
    NominalPerformanceData,
    Performance,
    PerformanceDescriptor,
    PerformanceType,
    WriteSpeedData,
    WriteSpeedDescriptor,
)

MOST: Final = 0xFFFF  # in SET CD SPEED: as fast as can be
NOMINAL: Final = 0b10  # tolerance: 10 % nominal, 20 % exceptions


def set_cd_speed(
    drive: Drive, request: Request, *, logical_unit_read_speed: int, logical_unit_write_speed: int
) -> bytes:
    """SET CD SPEED (MMC-6 6.39)."""
    drive.ask_for(Asked(write=_asked(logical_unit_write_speed), read=_asked(logical_unit_read_speed)))
    return b""


def _asked(speed: int) -> int:
    return AS_FAST_AS_CAN_BE if speed == MOST else speed


def set_streaming(drive: Drive, request: Request, *, type: int, parameter_list_length: int) -> bytes:
    """SET STREAMING with a performance descriptor, or back to the defaults with RDD (MMC-6 6.41)."""
    if type:
        raise invalid_field(8)
    if parameter_list_length != PerformanceDescriptor.layout.size:
        raise Refusal(PARAMETER_LIST_LENGTH)
    wanted = PerformanceDescriptor.parse(request.parameters(parameter_list_length))
    if not wanted.rdd and not wanted.read_time:
        raise invalid_parameter(16)
    if not wanted.rdd and not wanted.write_time:
        raise invalid_parameter(24)
    drive.ask_for(Asked() if wanted.rdd else Asked(write=int(wanted.write_speed), read=int(wanted.read_speed)))
    return b""


def get_performance(
    drive: Drive,
    request: Request,
    *,
    tolerance: int,
    write: bool,
    except_: int,
    starting_lba: int,
    maximum_number_of_descriptors: int,
    type: int,
) -> bytes:
    """GET PERFORMANCE: nominal performance or write speed descriptors (MMC-6 6.7)."""
    if type == PerformanceType.WRITE_SPEED:
        return _cut(_write_speeds(drive), maximum_number_of_descriptors)
    if type != PerformanceType.PERFORMANCE:
        raise invalid_field(10)
    if except_ or tolerance not in {0, NOMINAL}:
        raise invalid_field(1)
    last = max((drive.loaded.capacity if write else drive.loaded.blocks()) - 1, 0)
    if starting_lba > last:
        raise invalid_field(2)
    speeds, lines = drive.loaded.kind.speeds, drive.pace.write_curve() if write else drive.pace.read_curve()
    rows = tuple(
        NominalPerformance(
            start_lba=max(line.start, starting_lba),
            start_performance=round(speeds.reported * line.at(max(line.start, starting_lba))),
            end_lba=min(line.end, last),
            end_performance=round(speeds.reported * line.at(min(line.end, last))),
        )
        for line in lines
        if line.start <= last and line.end >= starting_lba
    )
    return _cut(NominalPerformanceData(write=write, descriptors=rows), maximum_number_of_descriptors)


def _write_speeds(drive: Drive) -> WriteSpeedData:
    last, read_speed = max(drive.loaded.capacity - 1, 0), drive.pace.fastest_read_speed
    return WriteSpeedData(
        descriptors=tuple(
            WriteSpeedDescriptor(end_lba=last, read_speed=read_speed, write_speed=speed)
            for speed in drive.pace.write_speeds
        )
    )


def _cut(performance: Performance, descriptors: int) -> bytes:
    """Return the reply with no more descriptors than the host has room for; its length tells of all."""
    return performance.build()[: performance.layout.size + descriptors * NominalPerformance.layout.size]
