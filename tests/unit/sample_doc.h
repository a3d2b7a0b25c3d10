/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document with every kind of block, long and hostile names, missing and infinite figures: what
 * the tests of the writers print, and what is looked at when the style sheet changes. */
#ifndef NETGRADE_TESTS_UNIT_SAMPLE_DOC_H
#define NETGRADE_TESTS_UNIT_SAMPLE_DOC_H

#include "reporter/doc/doc.h"

#define SAMPLE_HOSTILE "<script>alert(\"x\")</script> & 'y' ]]> --> \xff\x01"

/* Uses the zone Asia/Shanghai. */
struct doc *sample_doc(enum language language);

#endif
