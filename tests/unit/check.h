/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every unit test includes: cmocka with the headers that it wants before it. */
#ifndef NETGRADE_TESTS_UNIT_CHECK_H
#define NETGRADE_TESTS_UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
