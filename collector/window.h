/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a list of announced windows comes to, and how it is printed. */
#ifndef NETGRADE_COLLECTOR_WINDOW_H
#define NETGRADE_COLLECTOR_WINDOW_H

#include "collector/base/err.h"
#include "collector/store/windows.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

/* A window among all others, by the configuration as it is now. */
struct window_effect {
	size_t sites;	 /* that it covers and that are scored */
	size_t exceeded; /* of them, those whose allowance does not hold all of it */
	nsec over;	 /* the most that one of them has beyond its allowance */
	enum window_fate fate;
};

/* Of all windows, index for index; the caller frees *out. */
MUST_CHECK enum err window_effects(const struct config *config, const struct window_list *list,
				   struct window_effect **out);

/* A scope as it is written on the command line: "everything", "site:NAME", "organisation:NAME". */
enum { WINDOW_SCOPE_TEXT = KEY_NAME + 16 };
void window_scope_format(const struct config *config, const struct window_scope *scope,
			 char out[WINDOW_SCOPE_TEXT]);

/* One window in full, as it was entered; for people and for machines. False when standard output
 * cannot be written. */
bool window_print(const struct config *config, const struct window_entry *entry,
		  const struct window_effect *effect);
bool window_print_json(const struct config *config, const struct window_entry *entry,
		       const struct window_effect *effect);

/* All windows, effects index for index. */
bool window_print_table(const struct config *config, const struct window_list *list,
			const struct window_effect *effects);
bool window_print_list_json(const struct config *config, const struct window_list *list,
			    const struct window_effect *effects);

#endif
