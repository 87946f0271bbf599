"""What Linux knows of the drives: sysfs, /proc, /dev and udev."""
