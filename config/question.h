/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The question that a test puts to a name server, and the answers that are right. */
#ifndef NETGRADE_CONFIG_QUESTION_H
#define NETGRADE_CONFIG_QUESTION_H

#include "config/loading.h"

/* Ended by NULL; the first is the default. */
extern const char *const record_words[];
extern const char *const transport_words[];

/* Fills it in from the test's keys. */
void resolve_question(struct loading *loading, struct draft_test *draft, struct test_config *test);

/* Complains of keys of a question that a test of another method has; why says what to do. */
void refuse_question(struct loading *loading, struct draft_test *draft, const char *why);

/* One right answer to a question of this record, as it is compared: an address as the system
 * writes it, or a name in ASCII. False with the problem. */
bool question_answer(const char *record, const char *text, char *out, size_t size,
		     struct problem *problem);

/* What tells apart the series of two questions to one server. */
void question_subject(const struct test_config *test, char out[CONFIG_SUBJECT]);

#endif
