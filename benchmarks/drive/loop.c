/*
 * The least that any burner can do: `loop DEVICE FILE BYTES` reads FILE and sends it to a blank disc, BYTES a WRITE, one
 * after the other, and repeats what is answered 2/04/08 after a nap of 10 ms. Prints nothing.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 2048
#define PAGE 4096
#define NAP 10000000 /* ns */
#define TIMEOUT 60000 /* ms */

enum answer { TAKEN, FULL, FAILED };

static enum answer write_blocks(int device, void *data, uint32_t length, uint32_t lba)
{
	const uint32_t blocks = length / BLOCK;
	unsigned char cdb[10] = {0x2a, 0, lba >> 24, lba >> 16, lba >> 8, lba, 0, blocks >> 8, blocks};
	unsigned char sense[32] = {0};
	sg_io_hdr_t io = {
		.interface_id = 'S',
		.dxfer_direction = SG_DXFER_TO_DEV,
		.cmd_len = sizeof(cdb),
		.mx_sb_len = sizeof(sense),
		.dxfer_len = length,
		.dxferp = data,
		.cmdp = cdb,
		.sbp = sense,
		.timeout = TIMEOUT,
	};

	if (ioctl(device, SG_IO, &io) < 0)
		return FAILED;
	if (!io.status)
		return TAKEN;
	return (sense[2] & 15) == 2 && sense[12] == 4 && sense[13] == 8 ? FULL : FAILED;
}

int main(int count, char **words)
{
	const long transfer = count == 4 ? strtol(words[3], NULL, 10) : 0;
	const struct timespec nap = {.tv_nsec = NAP};
	enum answer answer;
	uint32_t lba = 0;
	int device, file;
	char *data;
	ssize_t length;

	if (transfer < BLOCK || transfer % BLOCK) {
		fprintf(stderr, "loop DEVICE FILE BYTES\n");
		return 2;
	}
	device = open(words[1], O_RDWR | O_NONBLOCK | O_EXCL);
	file = open(words[2], O_RDONLY);
	data = aligned_alloc(PAGE, (size_t)(transfer + PAGE - 1) / PAGE * PAGE);
	if (device < 0 || file < 0 || !data) {
		perror("loop");
		return 1;
	}
	while ((length = read(file, data, (size_t)transfer)) > 0) {
		length = (length + BLOCK - 1) / BLOCK * BLOCK;
		while ((answer = write_blocks(device, data, (uint32_t)length, lba)) == FULL)
			nanosleep(&nap, NULL);
		if (answer == FAILED) {
			fprintf(stderr, "loop: WRITE at %u failed\n", lba);
			return 1;
		}
		lba += (uint32_t)length / BLOCK;
	}
	close(device);
	return length < 0;
}
