/*
 * A drive to measure burners on: a blank DVD+R or BD-R behind a buffer that drains on the real clock.
 *
 * It takes commands as the feeder's transports do (submit.h), costs next to nothing itself, keeps no data, and counts.
 * Sizes are in bytes, times in nanoseconds.
 */
#pragma once
#include "submit.h"
#include "xxh64.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#define DRIVE_BLOCK 2048
#define DRIVE_SIZES 16 /* different lengths of WRITEs that are told apart */
#define DRIVE_TENTHS 10

enum drive_medium { DRIVE_DVD_PLUS_R, DRIVE_BD_R };

enum disc_state {
	DISC_BLANK,
	DISC_OPEN,   /* written to */
	DISC_CLOSED, /* its session is closed, another one can follow */
	DISC_FINAL,
};

struct disc {
	enum drive_medium medium;
	enum disc_state state;
	uint32_t next; /* next writable address */
	bool zeros;    /* whether READs of any address are answered, with zeros */
};

struct drive_counts {
	uint64_t commands;
	uint64_t opcodes[256];
	uint64_t writes; /* answered GOOD */
	uint64_t bytes;
	struct {
		uint32_t size;
		uint64_t writes;
	} sizes[DRIVE_SIZES];
	uint64_t other_sizes; /* writes of lengths beyond those */
	uint64_t busy;        /* 2/04/08 answers to a WRITE */
	int64_t first, last;  /* when the first WRITE came and the last one was answered */
	int64_t gaps;         /* how long in all the host let the drive wait between an answer and the next WRITE */
	int64_t longest_gap;
	uint64_t underruns;   /* times the buffer was empty when data came, once writing had begun */
	int64_t underrun_time;
	double lowest;        /* least in the buffer when data came, once it had been full */
	uint64_t tenths[DRIVE_TENTHS]; /* writes by how full the buffer was when they came */
};

struct drive {
	double rate;   /* bytes per second; 0: infinitely fast */
	double buffer; /* bytes */
	bool busy;     /* whether a WRITE that has no room is answered 2/04/08; else it waits */
	bool hash;
	pthread_mutex_t turn;
	struct disc disc;
	double level;    /* bytes in the buffer at `looked` */
	int64_t looked;
	bool writing;    /* the laser is on: it goes on when the buffer is first full, or a second after the first WRITE */
	bool was_full;
	int64_t idle;    /* since when it waits for the next WRITE; 0 while it is busy */
	struct xxh64 sum;
	struct drive_counts counts;
};

/* Make a drive with a blank disc; NULL when memory lacks. It lives as long as its process. */
struct drive *drive_new(enum drive_medium medium, double rate, double buffer, int busy, int hash);

/* A submit_function; `context` is the drive. One command at a time, other threads wait. */
void drive_submit(void *context, const struct submit_command *command, struct submit_answer *answer);

/* Tell in JSON what was counted. */
void drive_report(struct drive *drive, FILE *file);

/* The answers that have nothing to do with the buffer; disc.c. False for an opcode that it does not know. */
bool disc_answer(struct disc *disc, const struct submit_command *command, struct submit_answer *answer);

/* End a command with CHECK CONDITION. */
void drive_fail(struct submit_answer *answer, unsigned key, unsigned asc, unsigned ascq);
