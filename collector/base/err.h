/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One error type for the whole program, with one table of texts. */
#ifndef NETGRADE_BASE_ERR_H
#define NETGRADE_BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum err {
	E_OK = 0,
	E_MEMORY,   /* allocation refused */
	E_SYSTEM,   /* a system call failed; errno says why */
	E_USAGE,    /* the command line is wrong */
	E_SYNTAX,   /* text that does not follow its grammar */
	E_RANGE,    /* well-formed but outside the allowed range */
	E_SHORT,    /* bytes end before the layout does */
	E_CORRUPT,  /* stored or received bytes contradict themselves */
	E_CHECKSUM, /* checksum or keyed cookie does not match */
	E_NOT_FOUND,
	E_EXISTS,
	E_PERMISSION,
	E_BUSY,	       /* held by another process */
	E_FULL,	       /* no room left: disk, queue or table */
	E_MISMATCH,    /* a layout or version other than the one recorded */
	E_UNSUPPORTED, /* known, but not on this machine */
	E_CLOSED,      /* already shut down */
	E_STORE,       /* SQLite or librrd refused; the log line has its words */
	ERR_COUNT
};

/* An English phrase without full stop, never NULL. */
const char *err_text(enum err err);

/* The error that fits an errno value; E_SYSTEM where none fits better. */
enum err err_from_errno(int number);

#endif
