"""The matrix: what other people's burners do to which medium, and how the disc must be then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BLANK, APPENDABLE, COMPLETE, OTHER = range(4)  # disc status, MMC-6 6.21


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A burner, a medium and a mode: commands in the guest, and what the disc is then.

    The commands find the device in $D, the image in $I, a folder in $T and another one for a second session in $S.
    `sessions` counts the complete ones. `says` is what the burner says where it ends with 0 in any case. `refusal` is
    what it says where it cannot do that, and `reason` why.
    """

    program: str
    medium: str
    mode: str
    commands: str
    status: int = COMPLETE
    sessions: int = 1
    second: bool = False
    says: str = ""
    refusal: str = ""
    reason: str = ""

    @property
    def mounts(self) -> tuple[str, ...]:
        """The file systems that the kernel finds on the disc: the image has two, what the burners make has one."""
        if self.refusal or self.status == BLANK:
            return ()
        return ("iso9660", "udf") if "$I" in self.commands and not self.second else ("iso9660",)

    @property
    def name(self) -> str:
        """The name of the test."""
        return f"{self.medium.partition('?')[0]}-{self.program}-{self.mode}"


WODIM = "wodim dev=$D gracetime=2"
# The kernel looks at the size again
RELOAD = "{ sg_start --eject $D; sg_start --load $D; sg_turs -n 9 $D || true; } >/dev/null 2>&1"
READY = "until sg_turs $D; do sleep 1; done"
NEXT = f"{RELOAD}; genisoimage -quiet -R -J -V SECOND -C $(wodim dev=$D -msinfo) -M $D -o next.iso $S"
ZERO = "growisofs -Z $D -R -J -V FIRST -quiet $T"
GROW = f"{ZERO}; growisofs -M $D -R -J -V SECOND -quiet $S"
AT_ONCE = "growisofs -use-the-force-luke=dao -dvd-compat -Z $D=$I"
TOC = r'CD_ROM\nTRACK MODE1\nDATAFILE "%s"\n'
CDRDAO = f"printf '{TOC}' $I >disc.toc; cdrdao write -n --device $D --driver generic-mmc disc.toc"
# An XA disc, which another session may follow
CDRDAO_MULTI = CDRDAO.replace("CD_ROM", "CD_ROM_XA").replace("MODE1", "MODE2_FORM1").replace("-n", "-n --multi")
FIRST = "xorriso -outdev $D -volid FIRST -map $T / -commit"
XORRISO = f"{FIRST}; xorriso -dev $D -map $S / -commit"
CLOSE = f"{FIRST}; xorriso -dev $D -close on -map $S / -commit"


def cell(program: str, medium: str, mode: str, commands: str, **result: Any) -> Cell:
    """Make a cell; by default one session completes the disc."""
    return Cell(program=program, medium=medium, mode=mode, commands=commands, **result)


TWO = {"sessions": 2, "second": True}
OPEN_END = {"status": APPENDABLE, **TWO}
NOTHING = {"status": BLANK, "sessions": 0}

CELLS = (
    cell("wodim", "cd-r", "sao", f"{WODIM} -sao $I"),
    # it measures the machine, and refuses a speed that this one cannot make sub-channels for
    cell("wodim", "cd-r", "raw96r", f"{WODIM} speed=1 -raw96r $I"),
    cell("wodim", "cd-r", "append", f"{WODIM} -tao -multi $I; {NEXT}; {WODIM} -tao next.iso", **TWO),
    cell("wodim", "cd-r", "close", f"{WODIM} -tao -nofix $I; {WODIM} -fix"),
    cell("wodim", "cd-r", "packets", f"{WODIM} -packet $I"),
    cell(
        "wodim",
        "cd-r",
        "sao-multi",
        f"{WODIM} -sao -multi $I",
        **NOTHING,
        refusal="Cannot send CUE sheet",
        reason="its cue sheet then has data form FFh, which there is none of",
    ),
    cell("wodim", "cd-rw", "blank", f"{WODIM} -tao $I; {WODIM} blank=fast", **NOTHING),
    cell("wodim", "dvd-r", "dao", f"{WODIM} -dao $I"),
    cell("wodim", "dvd-rw", "blank", f"{WODIM} -dao $I; {WODIM} blank=fast", **NOTHING),
    cell("wodim", "dvd+r", "dao", f"{WODIM} -dao $I", status=APPENDABLE),
    cell(
        "wodim",
        "dvd+r",
        "close",
        f"{WODIM} -dao -multi $I; {WODIM} -fix",
        status=APPENDABLE,
        refusal="Cannot open new session",
        reason="-fix is for CDs: it begins another track",
    ),
    cell(
        "wodim",
        "dvd+rw",
        "dao",
        f"{WODIM} -dao $I",
        **NOTHING,
        refusal="A write error occured",
        reason="it does not format",
    ),
    cell(
        "wodim", "bd-r", "dao", f"{WODIM} -dao $I", **NOTHING, refusal="Cannot send CUE sheet", reason="it knows no BD"
    ),
    cell("cdrskin", "cd-r", "tao", "cdrskin dev=$D -tao $I"),
    cell("cdrskin", "cd-rw", "append", f"cdrskin dev=$D -multi -tao $I; {NEXT}; cdrskin dev=$D -tao next.iso", **TWO),
    cell("cdrskin", "dvd-r", "dao", "cdrskin dev=$D -dao $I"),
    cell("cdrskin", "dvd+rw", "overwrite", "cdrskin dev=$D $I"),
    cell("cdrskin", "dvd-rw", "deformat", "cdrskin dev=$D blank=format_overwrite; cdrskin dev=$D $I"),
    cell("cdrskin", "bd-r", "tao", "cdrskin dev=$D -tao $I"),
    cell("cdrskin", "bd-r-dl", "tao", "cdrskin dev=$D -tao $I"),
    cell("cdrskin", "dvd+r-dl", "tao", "cdrskin dev=$D -tao $I"),
    cell("cdrskin", "bd-re", "format", "cdrskin dev=$D blank=format_defectmgt; cdrskin dev=$D $I"),
    cell("cdrskin", "dvd-ram", "overwrite", "cdrskin dev=$D $I", status=OTHER),
    cell("xorriso", "cd-r", "sao", "xorriso -as cdrecord dev=$D -sao $I"),
    cell("xorriso", "cd-rw", "grow", XORRISO, **OPEN_END),
    cell("xorriso", "dvd+r", "grow", XORRISO, **OPEN_END),
    cell("xorriso", "dvd+r", "close", CLOSE, **TWO),
    cell("xorriso", "dvd-rw", "blank", f"{FIRST}; xorriso -outdev $D -blank fast", **NOTHING),
    cell("xorriso", "dvd-r-dl", "sao", "xorriso -as cdrecord dev=$D -sao $I"),
    cell("xorriso", "bd-r-ql", "sao", "xorriso -as cdrecord dev=$D -sao $I"),
    cell("xorriso", "bd-re-tl", "grow", XORRISO, second=True),
    cell("growisofs", "dvd-r", "grow", GROW, **OPEN_END),
    cell("growisofs", "dvd+r", "grow", GROW, **OPEN_END),
    cell("growisofs", "dvd+r?capacity=8000", "close", f"{ZERO}; growisofs -M $D=/dev/zero", sessions=2),
    cell("growisofs", "dvd+rw", "grow", GROW, second=True),
    cell("growisofs", "dvd-ram", "grow", GROW, status=OTHER, second=True),
    cell("growisofs", "bd-r", "grow", GROW, status=APPENDABLE, sessions=0, second=True),  # one session, never closed
    cell("growisofs", "bd-r", "incremental", "growisofs -use-the-force-luke=spare:none -Z $D=$I", status=APPENDABLE),
    cell("growisofs", "bd-r-tl", "overwrite", "growisofs -Z $D=$I", status=APPENDABLE, sessions=0),
    cell("growisofs", "dvd+r-dl", "dao", AT_ONCE),
    cell("growisofs", "dvd+r-dl", "grow", GROW, **OPEN_END),
    cell("growisofs", "dvd-rw", "dao", AT_ONCE),
    cell(
        "growisofs",
        "dvd-r-dl",
        "dao",
        AT_ONCE,
        **NOTHING,
        refusal="more than 50% of space will be *wasted*",
        reason="it keeps what fits into one layer off media of two",
    ),
    cell("dvd+rw-format", "dvd+rw", "format", f"dvd+rw-format $D; {WODIM} -dao $I"),
    # The format is at its beginning then, and the session incomplete as long as that is not done: that would take this
    # drive a minute. growisofs leaves it with its tray just closed, and dvd+rw-format waits for no drive
    cell(
        "dvd+rw-format",
        "dvd+rw?realtime=50&speed=1",
        "lead-out",
        f"{ZERO}; {READY}; dvd+rw-format -lead-out $D",
        sessions=0,
        says="relocating lead-out",
    ),
    cell("dvd+rw-format", "dvd-rw", "blank", f"{AT_ONCE}; dvd+rw-format -blank=full $D", **NOTHING),
    cell("dvd+rw-format", "dvd-rw", "format", "dvd+rw-format -force $D; growisofs -Z $D=$I"),
    cell("dvd+rw-format", "bd-re", "format", "dvd+rw-format $D; growisofs -Z $D=$I"),
    cell("dvd+rw-format", "bd-re-dl", "format", "dvd+rw-format $D; growisofs -Z $D=$I"),
    cell("cdrdao", "cd-r", "data", CDRDAO),
    cell("cdrdao", "cd-r", "multi", CDRDAO_MULTI, status=APPENDABLE),
    cell("cdrdao", "cd-rw", "blank", f"{WODIM} -tao $I; cdrdao blank --device $D --driver generic-mmc", **NOTHING),
)
