/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A method rule says what a method of measuring asks of the other keys of its test. */
#ifndef NETGRADE_CONFIG_METHOD_H
#define NETGRADE_CONFIG_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct method_rule {
	const char *packets; /* in a slot, by default */
	const char *size;    /* octets of payload by default; NULL: there is nothing to choose */
	const char *t_max;   /* by default */
	int64_t t_max_most;  /* ns */
	bool port;	     /* it has one; false: it has none */
	const char *usual;   /* the port by default; NULL: it must be written */
	bool question;	     /* it has one: see question.h */
	bool page;	     /* it has one: see page.h */
	bool service;	     /* it measures a service; false: the network */
	const char *without; /* why a key above is refused */
	bool limited;	     /* routers limit its packets by themselves: loss is cross-checked */
	bool witness;	     /* what it loses, or not, tells of the loss of one that is limited */
};

/* Their names, ended by NULL; the choice of one is its index. */
extern const char *const method_words[];

const struct method_rule *method_rule_of(size_t choice);

/* NULL if there is none of this name. */
const struct method_rule *method_rule_find(const char *name);

#endif
