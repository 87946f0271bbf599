"""SEND OPC INFORMATION: when it is sent, and which of its failures matter."""

from __future__ import annotations

from typing import Final

from discstack.mmc import actions
from discstack.mmc.errors import CommandError
from discstack.mmc.job import Calibration, Choices
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Phase, Procedure, Report
from discstack.mmc.recipe import Work
from discstack.mmc.spec.sense import SenseKey

POWER_CALIBRATION: Final = 0x73  # additional sense code of calibration that failed or has no room left
IGNORED: Final = {
    SenseKey.NO_SENSE,
    SenseKey.MEDIUM_ERROR,
    SenseKey.ILLEGAL_REQUEST,
    SenseKey.DATA_PROTECT,
    SenseKey.VENDOR_SPECIFIC,
}


def calibrate(work: Work, job: Choices) -> Procedure[None]:
    """Calibrate where the medium takes it and the drive has no table for it yet; never for a test.

    That calibration failed (x/73/xx) is fatal for this disc. What else a drive objects to, it writes without it, as it
    does for other burners: reading back will tell.
    """
    disc = work.survey.disc
    known = disc is not None and bool(disc.opc_tables)
    if not work.recipe.calibrates or known or job.simulate or job.calibration is Calibration.NEVER:
        return
    yield Report(Phase.CALIBRATING)
    try:
        yield from persist(actions.calibrate)
    except CommandError as error:
        sense = error.sense
        if sense.deferred or sense.asc == POWER_CALIBRATION or sense.key not in IGNORED:
            raise
        yield from work.notice(Phase.CALIBRATING, f"not calibrated: {error}")
