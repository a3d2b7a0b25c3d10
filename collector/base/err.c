/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/err.h"

#include <errno.h>
#include <stddef.h>

static const char *const texts[ERR_COUNT] = {
	[E_OK] = "no error",
	[E_MEMORY] = "out of memory",
	[E_SYSTEM] = "a system call failed",
	[E_USAGE] = "wrong usage",
	[E_SYNTAX] = "malformed text",
	[E_RANGE] = "value out of range",
	[E_SHORT] = "data end too early",
	[E_CORRUPT] = "data are damaged",
	[E_CHECKSUM] = "checksum does not match",
	[E_NOT_FOUND] = "not found",
	[E_EXISTS] = "exists already",
	[E_PERMISSION] = "permission denied",
	[E_BUSY] = "in use by another process",
	[E_FULL] = "no room left",
	[E_MISMATCH] = "layout differs from the one recorded",
	[E_UNSUPPORTED] = "not supported on this machine",
	[E_CLOSED] = "already closed",
	[E_STORE] = "the store refused",
};

const char *err_text(enum err err)
{
	if ((unsigned int)err >= ERR_COUNT || texts[err] == NULL)
		return "unknown error";
	return texts[err];
}

enum err err_from_errno(int number)
{
	switch (number) {
	case 0:
		return E_OK;
	case ENOMEM:
		return E_MEMORY;
	case ENOENT:
		return E_NOT_FOUND;
	case EEXIST:
		return E_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
		return E_PERMISSION;
	case EBUSY:
	case EADDRINUSE:
		return E_BUSY;
	case ENOSPC:
	case EDQUOT:
		return E_FULL;
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
	case ENOSYS:
		return E_UNSUPPORTED;
	default:
		return E_SYSTEM;
	}
}
