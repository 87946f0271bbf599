"""The kernel's ring of commands: our offsets are those of linux/target_core_user.h, CDB lengths go by group code."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from discstack.emulator.kernel import ring
from discstack.emulator.kernel.server import split_cdb

HEADER = Path("/usr/include/linux/target_core_user.h")
WANTED = {
    "offsetof(struct tcmu_mailbox, cmd_head)": ring.HEAD,
    "offsetof(struct tcmu_mailbox, cmd_tail)": ring.TAIL,
    "offsetof(struct tcmu_cmd_entry_hdr, uflags)": ring.UFLAGS,
    "offsetof(struct tcmu_cmd_entry, req.iov_cnt)": ring.REQUEST,
    "offsetof(struct tcmu_cmd_entry, req.cdb_off)": ring.REQUEST + 16,
    "offsetof(struct tcmu_cmd_entry, req.iov)": ring.VECTORS,
    "offsetof(struct tcmu_cmd_entry, rsp.scsi_status)": ring.RESPONSE,
    "offsetof(struct tcmu_cmd_entry, rsp.read_len)": ring.RESPONSE + 4,
    "offsetof(struct tcmu_cmd_entry, rsp.sense_buffer)": ring.SENSE,
    "offsetof(struct tcmu_tmr_entry, cmd_cnt)": ring.ABORTED_COUNT,
    "offsetof(struct tcmu_tmr_entry, cmd_ids)": ring.ABORTED,
    "TCMU_SENSE_BUFFERSIZE": ring.SENSE_LENGTH,
    "TCMU_MAILBOX_VERSION": ring.VERSION,
    "TCMU_MAILBOX_FLAG_CAP_READ_LEN": ring.Capability.READ_LENGTH,
    "TCMU_MAILBOX_FLAG_CAP_TMR": ring.Capability.TASK_MANAGEMENT,
    "TCMU_UFLAG_READ_LEN": ring.UserFlag.READ_LENGTH,
    "TCMU_UFLAG_UNKNOWN_OP": ring.UserFlag.UNKNOWN_OPERATION,
    "TCMU_OP_CMD": ring.Operation.COMMAND,
    "TCMU_OP_TMR": ring.Operation.TASK_MANAGEMENT,
    "TCMU_OP_MASK": ring.OPCODE_MASK,
}


def test_offsets_are_those_of_the_kernels_header(tmp_path: Path) -> None:
    if shutil.which("gcc") is None or not HEADER.exists():
        pytest.skip("gcc or the kernel's headers are not installed")
    prints = "".join(f'printf("%d\\n", (int)({what}));' for what in WANTED)
    source = "#include <stdio.h>\n#include <stddef.h>\n#include <linux/target_core_user.h>\n"
    (tmp_path / "offsets.c").write_text(f"{source}int main(void) {{ {prints} return 0; }}\n")
    subprocess.run(["gcc", "-o", tmp_path / "offsets", tmp_path / "offsets.c"], check=True)
    found = subprocess.check_output([tmp_path / "offsets"], text=True).split()
    assert dict(zip(WANTED, map(int, found), strict=True)) == WANTED


@pytest.mark.parametrize(
    ("start", "length"), [("12", 6), ("28", 10), ("5a", 10), ("88", 16), ("be", 12), ("c1", 12), ("e0", 10), ("60", 12)]
)
def test_length_of_a_cdb_goes_by_its_group_code(start: str, length: int) -> None:
    assert split_cdb(bytes.fromhex(start) + bytes(100)) == bytes.fromhex(start) + bytes(length - 1)


def test_each_answer_is_told_to_the_kernel_before_the_next_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one may take an hour, and who waits for the answer must not."""
    start, entry, cdb = 4096, 128, 3000
    image = bytearray(1 << 14)
    struct.pack_into("=HHII", image, 0, ring.VERSION, 0, start, 4096)
    struct.pack_into("=I", image, ring.HEAD, 3 * entry)
    for number in range(3):
        struct.pack_into("=IHBB", image, start + number * entry, entry | ring.Operation.COMMAND, number, 0, 0)
        struct.pack_into("=III4xQ", image, start + number * entry + ring.REQUEST, 0, 0, 0, cdb)
    (tmp_path / "ring").write_bytes(image)
    calls = list[int]()
    monkeypatch.setattr(ring.os, "write", lambda descriptor, data: calls.append(len(data)))
    with (tmp_path / "ring").open("r+b") as file:
        commands = ring.CommandRing(file.fileno(), len(image))
        for number, command in enumerate(commands.commands()):
            assert (command.identifier, len(calls)) == (number, number)
            commands.answer(command, 0, b"", None)
        commands.close()
    assert calls == [4, 4, 4]
