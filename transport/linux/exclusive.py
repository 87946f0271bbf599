"""Having a drive for oneself, as far as Linux allows.

O_EXCL on a node of the sr driver keeps out mounts and whoever also says O_EXCL; on a node of sg it keeps out everybody.
The two drivers know nothing of each other, so a drive is held by both. An advisory lock (flock) keeps out udev, which
looks at no block device that is locked so. What remains are programs that open the sr node without O_EXCL.
"""

from __future__ import annotations

import errno
import os
import stat

from discstack.transport.linux.roots import Roots, entries


def other_node(roots: Roots, status: os.stat_result) -> str | None:
    """Return the node that the other of the two drivers has for a drive's node; None where there is none."""
    kind, other = ("block", "scsi_generic") if stat.S_ISBLK(status.st_mode) else ("char", "block")
    unit = roots.sys / f"dev/{kind}/{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}/device"
    nodes = [roots.dev / entry.name for entry in entries(unit / other)]
    return next((str(node) for node in nodes if node.exists()), None)


def lock_out_probes(descriptor: int) -> bool:
    """Lock an open block device against udev's probes; False while somebody else has it locked."""
    import fcntl  # not on Windows, where all modules can be imported

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno != errno.EWOULDBLOCK  # where there are no locks, nobody looks at them
    return True
