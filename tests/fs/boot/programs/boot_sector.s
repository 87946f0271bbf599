# A boot sector for a hybrid disk: reads the boot image whose first block stands at byte 432, and starts it.
    .code16
    .globl  _start
    .set    here, 0x600                 # where it moves itself to, since the boot image belongs at 7C00h
_start:
    cli
    xorw    %ax, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movw    $0x7c00, %sp
    movw    %sp, %si
    movw    $here, %di
    movw    $256, %cx
    rep     movsw
    ljmp    $0, $1f - _start + here
1:  sti
    movl    here + 432, %eax
    movl    %eax, packet - _start + here + 8
    movl    here + 436, %eax
    movl    %eax, packet - _start + here + 12
    movw    $text - _start + here, %si
    pushw   %dx
    call    print
    popw    %dx
    movw    $packet - _start + here, %si
    movb    $0x42, %ah                  # EXTENDED READ
    int     $0x13
    jc      stop
    ljmp    $0, $0x7c00
    .include "serial.s"
text:
    .asciz  "boot sector, "
    .balign 4
packet:
    .byte   16, 0
    .word   8                           # blocks
    .word   0x7c00, 0
    .quad   0
