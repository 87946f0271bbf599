"""What is compared and measured goes by SG_IO."""

from systems import linux_only

pytest_pycollect_makemodule = linux_only("its SG_IO is measured")
