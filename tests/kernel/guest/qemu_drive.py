"""Attach one of QEMU's emulated drives to the kernel: qemu_drive.py CLASS IMAGE prints its nodes, until it is ended."""

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))  # scripts have no more than their own folder

from discstack.emulator.kernel.attachment import AttachedDrive
from tests import qemu

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
with AttachedDrive(getattr(qemu, sys.argv[1])(Path(sys.argv[2]))) as drive:
    print(drive.block, drive.generic, flush=True)
    signal.sigwait({signal.SIGTERM})
