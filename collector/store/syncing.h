/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether what is written is to outlive a crash of the machine. What measured data need; data that
 * can be made again need not wait for the disk. Being killed harms neither. */
#ifndef NETGRADE_STORE_SYNCING_H
#define NETGRADE_STORE_SYNCING_H

enum syncing { SYNCING_ALWAYS, SYNCING_NEVER };

#endif
