/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/diagnostic_json.h"

json_t *diagnostics_json(struct diagnostics *diagnostics)
{
	json_t *list = json_array();

	diagnostics_sort(diagnostics);
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *d = &diagnostics->items[i];
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "severity",
						d->severity == SEVERITY_ERROR ? "error" : "warning",
						"file", d->file, "line", (json_int_t)d->line,
						"column", (json_int_t)d->column, "key", d->key,
						"message", d->message));
	}
	return list;
}
