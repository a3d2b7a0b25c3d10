/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A method rule says what a method of measuring asks of the other keys of its test. */
#ifndef NETGRADE_CONFIG_METHOD_H
#define NETGRADE_CONFIG_METHOD_H

#include <stdbool.h>
#include <stddef.h>

struct method_rule {
	const char *packets; /* in a slot, by default */
	const char *size;    /* octets of payload by default; NULL: there is nothing to choose */
	bool port;	     /* it has one; false: it has none */
	const char *usual;   /* the port by default; NULL: it must be written */
	bool question;	     /* it has one: see question.h */
	bool service;	     /* it measures a service; false: the network */
	const char *without; /* why a key above is refused */
};

/* Their names, ended by NULL; the choice of one is its index. */
extern const char *const method_words[];

const struct method_rule *method_rule_of(size_t choice);

#endif
