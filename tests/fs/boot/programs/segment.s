# A boot image that runs in the segment that it was loaded to, and prints which one that is.
    .code16
    .globl  _start
_start:
    movw    %cs, %ax
    movw    %ax, %ds
    movzwl  %ax, %ebx
    movw    $text, %si
    call    print
    call    print_hex
    jmp     stop
    .include "serial.s"
text:
    .asciz  "segment "
