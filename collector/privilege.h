/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Privilege is what opening sockets needs and nothing afterwards: it is given up for good. */
#ifndef NETGRADE_COLLECTOR_PRIVILEGE_H
#define NETGRADE_COLLECTOR_PRIVILEGE_H

#include "collector/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct account {
	bool change; /* false: the process keeps its user and only drops capabilities */
	uid_t uid;
	gid_t gid;
	char name[64];
};

/* Who to become. Started by root: the account called name. Otherwise the present one, and name may
 * only be that. What is wrong, and what would help, goes to standard error. E_NOT_FOUND, E_USAGE.
 */
MUST_CHECK enum err privilege_account(const char *name, struct account *out);

/* The same for who measures by hand and need not have made the service's account; name may be NULL.
 */
MUST_CHECK enum err privilege_by_hand(const char *name, struct account *out);

/* Whether there is an account of this name. */
bool privilege_known(const char *name);

/* Makes the directory with mode 0700, parents too, owned by the account. E_PERMISSION where another
 * account has stored something in it, which is then left as it is. Errors are logged. */
MUST_CHECK enum err privilege_make_directory(const char *path, const struct account *account);

/* Becomes the account, keeps no capability and can never gain one. Errors are logged. */
MUST_CHECK enum err privilege_drop(const struct account *account);

/* Whether this process may set socket buffers larger than the kernel's limit. */
bool privilege_may_force(void);

/* The line to print when sockets were refused. */
void privilege_explain_refusal(void);

#endif
