"""The emulator's way into the Linux kernel: its target subsystem hands the commands of a real /dev/srN to us."""
