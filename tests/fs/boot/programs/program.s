# A boot image without emulation: prints the address that its boot info table tells, and a text behind its first sector.
    .code16
    .globl  _start
_start:
    jmp     1f
    .org    64                          # bytes 8 to 63 are the boot info table's
1:  ljmp    $0, $2f
2:  xorw    %ax, %ax
    movw    %ax, %ds
    movw    %ax, %ss
    movw    $0x7c00, %sp
    movw    $text, %si
    call    print
    movl    _start + 12, %ebx
    call    print_hex
    jmp     stop
    .include "serial.s"
    .org    3000
text:
    .asciz  "program at sector "
