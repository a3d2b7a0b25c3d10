/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/chain.h"
#include "config/plain.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { LINKS_MOST = 16 };

static enum err add_file(X509_STORE *store, const char *file)
{
	return X509_STORE_load_file(store, file) == 1 ? E_OK : E_NOT_FOUND;
}

enum err chain_authorities(const char *file, X509_STORE **out)
{
	const char *system = curl_version_info(CURLVERSION_NOW)->cainfo;
	X509_STORE *store = X509_STORE_new();
	enum err rc = E_OK;

	if (store == NULL)
		return E_MEMORY;
	if (system != NULL)
		rc = add_file(store, system);
	else
		rc = X509_STORE_set_default_paths(store) == 1 ? E_OK : E_NOT_FOUND;
	/* Who names a file may be on a machine that believes nobody. */
	if (file != NULL)
		rc = add_file(store, file);
	if (rc != E_OK) {
		X509_STORE_free(store);
		return rc;
	}
	*out = store;
	return E_OK;
}

static void write_name(X509_NAME *name, char out[CERTIFICATE_TEXT])
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	out[0] = '\0';
	if (bio == NULL)
		return;
	/* UTF-8 stays readable. A certificate may hold octets that are none. */
	if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0 &&
	    BIO_write(bio, "", 1) == 1 && BIO_get_mem_data(bio, &text) > 0)
		plain_copy(out, CERTIFICATE_TEXT, text);
	BIO_free(bio);
}

static void append(char out[CERTIFICATE_NAMES], const char *name, size_t len)
{
	size_t used = strlen(out);

	if (used + 1 + len + 1 > CERTIFICATE_NAMES)
		return;
	if (used > 0)
		out[used++] = ' ';
	for (size_t i = 0; i < len; i++)
		out[used + i] = name[i] > ' ' && name[i] <= '~' ? name[i] : '?';
	out[used + len] = '\0';
}

static void append_address(char out[CERTIFICATE_NAMES], const ASN1_OCTET_STRING *address)
{
	int len = ASN1_STRING_length(address);
	char text[INET6_ADDRSTRLEN];

	if ((len == 4 || len == 16) &&
	    inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text,
		      sizeof(text)) != NULL)
		append(out, text, strlen(text));
}

static void write_names(X509 *certificate, char out[CERTIFICATE_NAMES])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	out[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_DNS)
			append(out, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
			       (size_t)ASN1_STRING_length(name->d.dNSName));
		else if (name->type == GEN_IPADD)
			append_address(out, name->d.iPAddress);
	}
	GENERAL_NAMES_free(names);
}

static void write_fingerprint(const X509 *certificate, char out[CERTIFICATE_FINGERPRINT])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1)
		len = 0;
	for (unsigned int i = 0; i < len; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 0xf];
	}
	out[2 * len] = '\0';
}

static nsec instant_of(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (nsec)timegm(&tm) * NSEC_PER_SEC : NSEC_UNDEFINED;
}

static nsec earliest_end(const STACK_OF(X509) * chain, nsec own)
{
	nsec earliest = own;

	for (int i = 0; i < sk_X509_num(chain) && i < LINKS_MOST; i++) {
		nsec end = instant_of(X509_get0_notAfter(sk_X509_value(chain, i)));
		earliest = end < earliest ? end : earliest;
	}
	return earliest;
}

static bool is_for(X509 *certificate, const char *host)
{
	return X509_check_ip_asc(certificate, host, 0) == 1 ||
	       X509_check_host(certificate, host, 0, 0, NULL) == 1;
}

bool chain_judge(X509_STORE_CTX *context, const char *host, struct certificate *out)
{
	bool verified = X509_verify_cert(context) == 1;
	X509 *own = X509_STORE_CTX_get0_cert(context);
	const STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(context);
	struct certificate made = {.shown = own != NULL, .verified = verified};
	int links = sk_X509_num(sent);

	if (own == NULL)
		return verified;
	made.links = (uint8_t)(links < 1 ? 1 : links < UINT8_MAX ? links : UINT8_MAX);
	made.named = is_for(own, host);
	made.not_before = instant_of(X509_get0_notBefore(own));
	made.not_after = instant_of(X509_get0_notAfter(own));
	made.chain_not_after = earliest_end(sent, made.not_after);
	write_name(X509_get_subject_name(own), made.subject);
	write_name(X509_get_issuer_name(own), made.issuer);
	write_names(own, made.names);
	write_fingerprint(own, made.fingerprint);
	if (!verified)
		strncpy(made.problem,
			X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)),
			sizeof(made.problem) - 1);
	*out = made;
	return verified;
}
