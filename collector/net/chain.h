/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chain is the certificates that a TLS server shows, judged against the authorities that this
 * machine trusts. */
#ifndef NETGRADE_NET_CHAIN_H
#define NETGRADE_NET_CHAIN_H

#include "collector/base/err.h"
#include "collector/metric/visit.h"

#include <openssl/x509.h>

/* Reads the authorities that this machine trusts, and those of a PEM file besides (NULL: none).
 * E_NOT_FOUND or E_SYNTAX when a file gives none; the caller frees with X509_STORE_free. */
MUST_CHECK enum err chain_authorities(const char *file, X509_STORE **out);

/* Verifies and describes what a handshake shows; whether it is verified. host: a name, or an
 * address without brackets. */
bool chain_judge(X509_STORE_CTX *context, const char *host, struct certificate *out);

#endif
