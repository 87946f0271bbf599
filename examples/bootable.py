"""Make an image that starts a machine, and burn it: `python examples/bootable.py [IMAGE]`.

The program in it says a line on the screen of any PC with a BIOS, from a CD as well as from a USB stick. With IMAGE the
image is kept there; try it with `qemu-system-i386 -cdrom IMAGE`, and with `qemu-system-i386 IMAGE` as a disk.
"""

import sys
import tempfile
from pathlib import Path

import discstack

# Says what follows it by the BIOS, and halts; runs at 7C00h, as a boot image and as a boot sector alike
PROGRAM = bytes.fromhex("31c0 8ed8 be157c ac 84c0 7406 b40e cd10 ebf5 f4 ebfd") + b"Hello from discstack\r\n\0"


def bootable() -> discstack.Image:
    boot = discstack.BootOptions(
        images=[discstack.BootImage(content=PROGRAM, manufacturer="DISCSTACK EXAMPLE")],
        boot_sector=discstack.BootSector(PROGRAM, discstack.BootAddress.NONE),
    )
    image = discstack.FileSystemImage(volume_id="BOOTABLE", boot=boot)
    image.root.create_file("readme.txt", b"a machine starts from this disc\n")
    return image.create_result()


def main() -> None:
    image = bootable()
    for span in image.files_in(0, image.sectors):
        if span.label != "unused":
            print(f"{span.lba:6} {span.sectors:4}  {span.label}")
    if len(sys.argv) > 1:
        image.write_to(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as scratch, discstack.open(f"virtual:dvd+r?file={scratch}/disc.img") as recorder:
        done = discstack.DataWriter(recorder).write(image)
    print(f"burnt: {done.blocks} sectors written, {done.verified} read back and right")


if __name__ == "__main__":
    main()
