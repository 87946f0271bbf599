# A program for UEFI: prints a line on the first serial port, and ends the machine by the device isa-debug-exit.
    .globl  efi_main
efi_main:
    leaq    text(%rip), %rsi
1:  lodsb
    testb   %al, %al
    jz      3f
    movb    %al, %ah
    movw    $0x3fd, %dx
2:  inb     %dx, %al
    testb   $0x20, %al
    jz      2b
    movb    %ah, %al
    movw    $0x3f8, %dx
    outb    %al, %dx
    jmp     1b
3:  movb    $0x10, %al
    movw    $0xf4, %dx
    outb    %al, %dx
    hlt
    jmp     3b
    .data
text:
    .asciz  "EFI program\n"
