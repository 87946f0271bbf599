# The first sector of an emulated drive: prints the drive's number and the text in the drive's third sector.
    .code16
    .globl  _start
_start:
    ljmp    $0, $1f
1:  xorw    %ax, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movw    $0x7c00, %sp
    movzbl  %dl, %ebx
    movw    $0x0201, %ax                # READ SECTORS, one of them
    movw    $0x0003, %cx                # cylinder 0, sector 3
    xorb    %dh, %dh
    pushl   %ebx
    movw    $0x8000, %bx
    int     $0x13
    popl    %ebx
    jc      stop
    movw    $text, %si
    call    print
    call    print_hex
    movw    $0x8000, %si
    call    print
    jmp     stop
    .include "serial.s"
text:
    .asciz  "drive "
