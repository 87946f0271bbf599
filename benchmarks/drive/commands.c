/*
 * The least that a command can cost: `commands DEVICE COUNT none|from|to LENGTH CDB` sends one CDB (hexadecimal, without
 * spaces) COUNT times and prints how many seconds of CPU that took. A WRITE (10) goes on where the one before ended.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#define WRITE_10 0x2a
#define BLOCK 2048
#define PAGE 4096
#define LONGEST_CDB 16
#define TIMEOUT 60000 /* ms */

static double cpu_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int direction_of(const char *word)
{
	return !strcmp(word, "to") ? SG_DXFER_TO_DEV : !strcmp(word, "from") ? SG_DXFER_FROM_DEV : SG_DXFER_NONE;
}

static unsigned parse_cdb(const char *hex, unsigned char *cdb)
{
	unsigned length = 0;

	while (length < LONGEST_CDB && sscanf(hex + 2 * length, "%2hhx", cdb + length) == 1)
		length++;
	return length;
}

static void aim(unsigned char *cdb, uint32_t lba)
{
	for (unsigned at = 0; at < 4; at++)
		cdb[2 + at] = lba >> (24 - 8 * at) & 0xff;
}

int main(int words, char **word)
{
	unsigned char cdb[LONGEST_CDB] = {0}, sense[32];
	uint32_t lba = 0, length;
	unsigned cdb_length;
	long count;
	double began;
	void *data;
	int device;

	if (words != 6) {
		fprintf(stderr, "commands DEVICE COUNT none|from|to LENGTH CDB\n");
		return 2;
	}
	count = strtol(word[2], NULL, 10);
	length = (uint32_t)strtoul(word[4], NULL, 10);
	cdb_length = parse_cdb(word[5], cdb);
	device = open(word[1], O_RDWR | O_NONBLOCK);
	data = aligned_alloc(PAGE, (size_t)(length / PAGE + 1) * PAGE);
	if (device < 0 || !data) {
		perror("commands");
		return 1;
	}
	memset(data, 0, length);
	began = cpu_time();
	for (long at = 0; at < count; at++) {
		sg_io_hdr_t io = {
			.interface_id = 'S',
			.dxfer_direction = direction_of(word[3]),
			.cmd_len = (unsigned char)cdb_length,
			.mx_sb_len = sizeof(sense),
			.dxfer_len = length,
			.dxferp = data,
			.cmdp = cdb,
			.sbp = sense,
			.timeout = TIMEOUT,
		};

		if (cdb[0] == WRITE_10) {
			aim(cdb, lba);
			lba += length / BLOCK;
		}
		if (ioctl(device, SG_IO, &io) < 0 || io.status) {
			fprintf(stderr, "commands: number %ld failed\n", at);
			return 1;
		}
	}
	printf("%.9f\n", cpu_time() - began);
	return 0;
}
