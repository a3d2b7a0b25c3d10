/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often a visitor visits an address, and whose certificates it believes. */
#include "tests/unit/check.h"

#include "collector/base/clock.h"
#include "collector/net/chain.h"
#include "collector/net/visitor.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VISITS = 4, TRIES = 10000, LOOK_US = 1000 };

static const nsec t_max = 150 * NSEC_PER_MSEC;

/* A certificate that signs itself, in a file of its own. */
static void write_authority(char path[])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *made = X509_new();
	int fd = mkstemp(path);

	assert_non_null(key);
	assert_true(fd >= 0);
	ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
	X509_gmtime_adj(X509_getm_notBefore(made), 0);
	X509_gmtime_adj(X509_getm_notAfter(made), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "O", MBSTRING_UTF8,
				   (const unsigned char *)"Trial authority", -1, -1, 0);
	X509_set_issuer_name(made, X509_get_subject_name(made));
	X509_set_pubkey(made, key);
	assert_true(X509_sign(made, key, EVP_sha256()) > 0);
	FILE *file = fdopen(fd, "w");
	assert_int_equal(PEM_write_X509(file, made), 1);
	fclose(file);
	X509_free(made);
	EVP_PKEY_free(key);
}

/* How many are believed; −1: the file gives none. */
static int believed(const char *file)
{
	X509_STORE *store;

	if (chain_authorities(file, &store) != E_OK)
		return -1;
	int count = sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
	X509_STORE_free(store);
	return count;
}

static void a_file_adds_to_those_of_the_machine(void **state)
{
	char path[] = "/tmp/netgrade-chain-XXXXXX";
	int before = believed(NULL);

	(void)state;
	write_authority(path);
	assert_int_equal(believed(path), (before < 0 ? 0 : before) + 1);
	unlink(path);
	assert_int_equal(believed(path), -1);
}

/* A port of this machine at which nobody answers: connections are refused, or, of one that
 * listens, nothing comes. */
static int take_port(bool listens, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listens ? listen(fd, VISITS) : 0, 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* A visit, and between which instants (monotonic) it was asked for. */
struct asked {
	nsec from;
	nsec until;
	nsec at; /* realtime */
	struct visit visit;
};

/* Of those that wait for each other the first ends first. */
static void ask_all(struct visitor *visitor, uint16_t port, struct asked asked[VISITS])
{
	char url[64];
	struct visit_order order = {
		.label.host = {.family = 4, .port = port, .bytes = {127, 0, 0, 1}},
		.url = url,
		.body_most = 1024,
	};

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", (unsigned)port);
	for (int i = 0; i < VISITS; i++) {
		order.label.sequence = (uint16_t)i;
		order.label.asked_at = asked[i].at = clock_realtime();
		order.t_max = (i + 1) * t_max;
		asked[i].from = clock_monotonic();
		assert_int_equal(visitor_ask(visitor, &order), E_OK);
		asked[i].until = clock_monotonic();
	}
}

static void collect_all(struct visitor *visitor, struct asked asked[VISITS])
{
	int count = 0;

	for (int tries = 0; count < VISITS && tries < TRIES; tries++) {
		struct visited *next;
		for (struct visited *v = visitor_collect(visitor); v != NULL; v = next) {
			next = v->next;
			asked[v->label.sequence].visit = v->visit;
			count++;
			free(v);
		}
		usleep(LOOK_US);
	}
	assert_int_equal(count, VISITS);
}

/* The bounds of the instant at which a visit began (monotonic). */
static nsec earliest(const struct asked *asked)
{
	return asked->visit.began_at - asked->at + asked->from;
}

static nsec latest(const struct asked *asked)
{
	return asked->visit.began_at - asked->at + asked->until;
}

static void an_address_is_not_visited_too_often(void **state)
{
	static const struct {
		const char *name;
		bool listens;
		uint32_t at_once;
		nsec distance;
	} rows[] = {
		{"visits that end at once keep their distance", false, 4, 40 * NSEC_PER_MSEC},
		{"visits that last wait for each other", true, 1, 0},
		{"and so do pairs of them", true, 2, 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct visitor_options options = {.authorities = *state,
						  .at_once = rows[i].at_once,
						  .distance = rows[i].distance};
		struct asked asked[VISITS];
		struct visitor *visitor;
		uint16_t port;
		int fd = take_port(rows[i].listens, &port);
		print_message("# %s\n", rows[i].name);
		assert_int_equal(visitor_create(&options, &visitor), E_OK);
		ask_all(visitor, port, asked);
		collect_all(visitor, asked);
		for (uint32_t k = rows[i].at_once; rows[i].listens && k < VISITS; k++) {
			const struct asked *before = &asked[k - rows[i].at_once];
			assert_true(latest(&asked[k]) >=
				    earliest(before) + before->visit.phase[VISIT_TOTAL]);
		}
		for (int k = 1; k < VISITS; k++)
			assert_true(latest(&asked[k]) >=
				    earliest(&asked[k - 1]) + rows[i].distance);
		visitor_destroy(visitor);
		close(fd);
	}
}

static int open_authority(void **state)
{
	static char path[] = "/tmp/netgrade-visitor-XXXXXX";

	write_authority(path);
	*state = path;
	return 0;
}

static int close_authority(void **state)
{
	return unlink(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_address_is_not_visited_too_often, open_authority,
						close_authority),
		cmocka_unit_test(a_file_adds_to_those_of_the_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
