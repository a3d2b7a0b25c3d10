/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closed_selections.h"

#include <stddef.h>

const struct closed_selection closed_selections[STATEMENTS] = {
	[READ_HEAD] = {CLOSED_HEAD, NULL},
	[READ_SEAL] = {CLOSED_SEAL, NULL},
	[READ_CONFIGURATIONS] = {CLOSED_CONFIGURATIONS, NULL},
	[READ_KEYS] = {CLOSED_SERIES, NULL},
	[READ_SERIES] = {CLOSED_SERIES, "id = ?1"},
	[READ_HOURS] = {CLOSED_HOURS, "series = ?1"},
	[READ_STRETCHES] = {CLOSED_STRETCHES, "series = ?1"},
	[READ_OUTAGES] = {CLOSED_OUTAGES, "series = ?1"},
	[READ_SHIFTS] = {CLOSED_SHIFTS, "series = ?1"},
	[READ_WEEKS] = {CLOSED_WEEKS, "series = ?1"},
	[READ_EVIDENCE] = {CLOSED_EVIDENCE, "series = ?1 AND from_slot < ?3 AND until_slot > ?2"},
	[READ_PATH_EVENTS] = {CLOSED_PATH_EVENTS, "series = ?1"},
	[READ_CERTIFICATES] = {CLOSED_CERTIFICATES, "series = ?1"},
	[READ_ENDS] = {CLOSED_ENDS, "series = ?1"},
	[READ_CUT_OFFS] = {CLOSED_CUT_OFFS, "from_at < ?2 AND until_at > ?1"},
	[READ_WINDOWS] = {CLOSED_WINDOWS, NULL},
	[READ_SCOPES] = {CLOSED_SCOPES, NULL},
	[READ_REVISIONS] = {CLOSED_REVISIONS, NULL},
};
