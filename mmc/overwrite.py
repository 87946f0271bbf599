"""Writing zeros over an overwritable medium, which is how such a medium is erased."""

from __future__ import annotations

from dataclasses import dataclass

from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.job import BurnJob, VerifyLevel
from discstack.mmc.planning import plan_burn
from discstack.mmc.procedure import Procedure
from discstack.mmc.recipe import Work
from discstack.mmc.recording import write_session


@dataclass(slots=True)
class Zeros:
    """A source of `sectors` blocks of zeros."""

    sectors: int
    given: int = 0  # bytes

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer as far as there are blocks."""
        size = min(len(buffer), self.sectors * BLOCK_SIZE - self.given)
        buffer[:size] = bytes(size)
        self.given += size
        return size


def overwrite(work: Work, blocks: int) -> Procedure[None]:
    """Write zeros over the first `blocks` blocks."""
    job = BurnJob(source=Zeros(blocks), erase=True, verify=VerifyLevel.NONE)
    plan = plan_burn(work.recipe, work.status, job)
    yield from work.recipe.prepare(work, job)
    yield from write_session(work, job, plan, None)
