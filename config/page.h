/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page that a test visits, and by what it is known. */
#ifndef NETGRADE_CONFIG_PAGE_H
#define NETGRADE_CONFIG_PAGE_H

#include "config/loading.h"

/* Fills it in from the test's keys. */
void resolve_page(struct loading *loading, struct draft_test *draft, struct test_config *test);

/* Fills in the page of a site. */
void resolve_own_page(struct loading *loading, struct draft_site *draft, struct site *site);

/* What tells apart the series of two pages at one address. */
void page_subject(const char *url, bool by_name, char out[CONFIG_SUBJECT]);

/* Complains of keys of a page that a test of another method has. */
void refuse_page(struct loading *loading, struct draft_test *draft);

#endif
