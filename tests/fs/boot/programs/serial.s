# Printing on the first serial port, and the end of a program; for 16-bit code with DS = 0.
print:                                  # the text at SI, up to a zero
    lodsb
    testb   %al, %al
    jz      1f
    call    send
    jmp     print
1:  ret

print_hex:                              # EBX in eight digits
    movw    $8, %cx
1:  roll    $4, %ebx
    movb    %bl, %al
    andb    $0xf, %al
    cmpb    $10, %al
    jb      2f
    addb    $'a' - '0' - 10, %al
2:  addb    $'0', %al
    call    send
    loop    1b
    ret

send:                                   # the character in AL
    movb    %al, %ah
    movw    $0x3fd, %dx
1:  inb     %dx, %al
    testb   $0x20, %al
    jz      1b
    movb    %ah, %al
    movw    $0x3f8, %dx
    outb    %al, %dx
    ret

stop:                                   # by the device isa-debug-exit
    movb    $'\n', %al
    call    send
    movb    $0x10, %al                  # (10h << 1) + 1 becomes QEMU's exit code
    movw    $0xf4, %dx
    outb    %al, %dx
    hlt
    jmp     stop
