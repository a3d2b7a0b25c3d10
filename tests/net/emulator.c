/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/clock.h"
#include "config/options.h"
#include "tests/net/blackout.h"
#include "tests/net/ledger.h"
#include "tests/net/tun.h"
#include "tests/net/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	PACKET_MAX = 65535,
	READS_PER_WAKE = 256, /* so that a flood cannot hold up what is due */
	REALTIME_PRIORITY = 50,
	LOOK_MOST = 1000000, /* ns between two looks at the devices, if nothing holds it up */
	LINE_MAX_OCTETS = 128,
	DEFAULT_MTU = 1500,
	DEFAULT_FOR_S = 600,
};

struct emulator {
	struct tun tun[DIRECTION_COUNT]; /* where the packets of this direction come from */
	struct lane lane[DIRECTION_COUNT][2];
	struct blackout_plan blackouts;
	struct waiting waiting;
	struct ledger ledger;
	struct conduct conduct;
	int control;
	int signals;
	nsec until;  /* CLOCK_MONOTONIC */
	nsec looked; /* CLOCK_MONOTONIC: when the devices were last empty */
	bool reflect;
	bool stop;
	char line[LINE_MAX_OCTETS]; /* of the control pipe, not whole yet */
	size_t line_used;
};

static const struct period never = {NSEC_UNDEFINED, NSEC_UNDEFINED};

struct settings {
	const char *near, *far, *device, *mtu;
	const char *model[DIRECTION_COUNT];
	const char *model_ipv6[DIRECTION_COUNT];
	const char *blackout, *seed, *duration, *log, *control;
	bool reflect;
};

static void record(struct emulator *e, const struct passenger *p, enum fate fate,
		   struct period writing)
{
	struct peek peek;

	if (!peek_packet(p->bytes, p->octets, &peek))
		return;
	ledger_write(&e->ledger, &(struct entry){.direction = p->direction,
						 .peek = &peek,
						 .octets = p->octets,
						 .arrival = p->arrival,
						 .fate = fate,
						 .writing = writing});
}

static void let_in(struct emulator *e, struct passenger *about, enum fate fate, nsec exit,
		   const uint8_t *bytes)
{
	about->fate = fate;
	about->exit = exit;
	if (waiting_enter(&e->waiting, about, bytes) != E_OK) {
		fprintf(stderr, "emulator: out of memory\n");
		e->stop = true;
	}
}

static void take_packet(struct emulator *e, enum direction direction, uint8_t *bytes, size_t octets)
{
	struct passenger about = {
		.arrival = clock_realtime(), .direction = direction, .octets = octets};
	nsec arrival = clock_monotonic();
	struct peek peek;

	if (!peek_packet(bytes, octets, &peek)) {
		e->ledger.unread++;
		return;
	}
	bool ipv6 = peek.family == 6;
	struct decision d = lane_decide(&e->lane[direction][ipv6], arrival, octets);
	if (blackout_now(&e->blackouts, about.arrival, direction, ipv6))
		d.fate = FATE_BLACKOUT;
	if (d.fate != FATE_DELIVERED) {
		ledger_write(&e->ledger, &(struct entry){direction, &peek, octets, about.arrival,
							 d.fate, never});
		return;
	}
	let_in(e, &about, FATE_DELIVERED, d.exit, bytes);
	if (d.duplicate_at != NSEC_UNDEFINED)
		let_in(e, &about, FATE_DUPLICATE, d.duplicate_at, bytes);
	if (d.forged_at != NSEC_UNDEFINED && peek_forge(bytes, octets))
		let_in(e, &about, FATE_FORGED, d.forged_at, bytes);
}

static void take_packets(struct emulator *e, enum direction direction)
{
	static uint8_t bytes[PACKET_MAX];

	for (int i = 0; i < READS_PER_WAKE; i++) {
		ssize_t octets = read(e->tun[direction].descriptor, bytes, sizeof(bytes));
		if (octets <= 0)
			return;
		take_packet(e, direction, bytes, (size_t)octets);
	}
}

static void hand_over(struct emulator *e, const struct passenger *p)
{
	int out = e->tun[p->direction == FORWARD ? BACKWARD : FORWARD].descriptor;
	/* Before the write: the far kernel may answer inside it. */
	nsec exit = clock_realtime();

	if (write(out, p->bytes, p->octets) == (ssize_t)p->octets) {
		nsec written = clock_realtime();
		ledger_held_up(&e->ledger, written - exit);
		record(e, p, p->fate, (struct period){exit, written});
	} else {
		e->ledger.unsent++;
		record(e, p, FATE_LOST, never);
	}
}

/* Whether the packet was an echo request: its answer sets out at once. */
static bool reflect(struct emulator *e, const struct passenger *p)
{
	static uint8_t bytes[PACKET_MAX];
	nsec now = clock_realtime();

	memcpy(bytes, p->bytes, p->octets);
	if (p->direction != FORWARD || !peek_answer(bytes, p->octets))
		return false;
	record(e, p, p->fate, (struct period){now, now});
	take_packet(e, BACKWARD, bytes, p->octets);
	return true;
}

static void let_out(struct emulator *e, nsec now)
{
	while (waiting_next(&e->waiting) <= now) {
		struct passenger *p = waiting_leave(&e->waiting);
		ledger_lateness(&e->ledger, clock_monotonic() - p->exit);
		if (!e->reflect || !reflect(e, p))
			hand_over(e, p);
		free(p);
	}
}

/* A packet that came while the emulator did not look is logged that much too late. */
static void look_over(struct emulator *e)
{
	nsec now = clock_monotonic();

	ledger_held_up(&e->ledger, now - e->looked - LOOK_MOST);
	e->looked = now;
}

static void obey(struct emulator *e)
{
	ssize_t octets = read(e->control, e->line + e->line_used, sizeof(e->line) - e->line_used);

	if (octets <= 0)
		return;
	e->line_used += (size_t)octets;
	for (char *end; (end = memchr(e->line, '\n', e->line_used)) != NULL;) {
		*end++ = '\0';
		if (blackout_switch(e->line, &e->blackouts) != E_OK)
			fprintf(stderr, "emulator: not understood: %s\n", e->line);
		e->line_used -= (size_t)(end - e->line);
		memmove(e->line, end, e->line_used);
	}
	if (e->line_used == sizeof(e->line))
		e->line_used = 0;
}

static void obey_signal(struct emulator *e)
{
	struct signalfd_siginfo info;

	if (read(e->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGUSR1) {
		e->stop = true;
		return;
	}
	enum err err = blackout_switch(
		e->blackouts.switched[FORWARD][0] ? "blackout off" : "blackout on", &e->blackouts);
	(void)err; /* both lines are well-formed */
}

static void run(struct emulator *e)
{
	struct pollfd polls[] = {{.fd = e->tun[FORWARD].descriptor, .events = POLLIN},
				 {.fd = e->tun[BACKWARD].descriptor, .events = POLLIN},
				 {.fd = e->control, .events = POLLIN},
				 {.fd = e->signals, .events = POLLIN}};

	e->looked = clock_monotonic();
	while (!e->stop) {
		nsec now = clock_monotonic();
		let_out(e, now);
		nsec due = waiting_next(&e->waiting);
		if (due > e->until)
			due = e->until;
		if (now >= e->until)
			break;
		now = clock_monotonic();
		nsec wait = due > now ? due - now : 0;
		if (wait > LOOK_MOST)
			wait = LOOK_MOST;
		struct timespec timeout = {wait / NSEC_PER_SEC, wait % NSEC_PER_SEC};
		if (ppoll(polls, 4, &timeout, NULL) < 0 && errno != EINTR)
			break;
		if (polls[0].revents != 0)
			take_packets(e, FORWARD);
		if (polls[1].revents != 0)
			take_packets(e, BACKWARD);
		look_over(e);
		if (polls[2].revents != 0)
			obey(e);
		if (polls[3].revents != 0)
			obey_signal(e);
	}
}

/* What still waits when the emulator ends never comes out: it is lost. */
static void give_up_waiting(struct emulator *e)
{
	for (struct passenger *p; (p = waiting_leave(&e->waiting)) != NULL; free(p)) {
		e->ledger.unsent++;
		record(e, p, FATE_LOST, never);
	}
}

static int usage(const char *option, const char *value, enum err err)
{
	fprintf(stderr, "emulator: --%s %s: %s\n", option, value, err_text(err));
	return EXIT_USAGE;
}

static enum err parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	char *end;

	if (text == NULL)
		return E_OK;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (end == text || *end != '\0' || text[0] == '-')
		return E_SYNTAX;
	if (errno != 0 || number < least || number > most)
		return E_RANGE;
	*out = number;
	return E_OK;
}

static int set_models(struct emulator *e, const struct settings *s)
{
	static const char *const names[DIRECTION_COUNT][2] = {{"forward", "forward-ipv6"},
							      {"backward", "backward-ipv6"}};
	char wrong[128];

	for (int d = 0; d < DIRECTION_COUNT; d++) {
		const char *ipv4 = s->model[d] == NULL ? "" : s->model[d];
		const char *texts[2] = {ipv4, s->model_ipv6[d] == NULL ? ipv4 : s->model_ipv6[d]};
		for (int f = 0; f < 2; f++) {
			struct model model;
			enum err err = model_parse(texts[f], &model, wrong, sizeof(wrong));
			if (err != E_OK)
				return usage(names[d][f], wrong, err);
			struct random seeds = random_seeded(e->conduct.seed * 4 + 2 * d + f);
			e->lane[d][f] = lane_over(&model, random_u64(&seeds));
		}
	}
	return EXIT_OK;
}

static int open_tuns(struct emulator *e, const struct settings *s, int mtu)
{
	const char *device = s->device == NULL ? "link0" : s->device;
	const char *namespaces[DIRECTION_COUNT] = {s->near, s->far};

	for (int d = 0; d < DIRECTION_COUNT; d++) {
		enum err err = tun_open(namespaces[d], device, mtu, &e->tun[d]);
		if (err != E_OK) {
			fprintf(stderr, "emulator: namespace=%s device=%s: %s (%s)\n",
				namespaces[d], device, err_text(err), strerror(errno));
			return EXIT_FAILED;
		}
	}
	return EXIT_OK;
}

static int open_control(struct emulator *e, const char *path)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	e->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	/* Read and write, or the pipe would end with its first writer. */
	e->control = path == NULL ? -1 : open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (e->signals >= 0 && (path == NULL || e->control >= 0))
		return EXIT_OK;
	fprintf(stderr, "emulator: --control %s: %s\n", path == NULL ? "" : path, strerror(errno));
	return EXIT_FAILED;
}

static void take_priority(struct emulator *e)
{
	struct sched_param priority = {.sched_priority = REALTIME_PRIORITY};

	e->conduct.realtime = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
	if (!e->conduct.realtime)
		fprintf(stderr, "emulator: no real-time priority: %s\n", strerror(errno));
	(void)!mlockall(MCL_CURRENT); /* a page fault is 70 µs late; without it, it is measured */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static int set_numbers(struct emulator *e, const struct settings *s, uint64_t *mtu)
{
	uint64_t seconds = DEFAULT_FOR_S;
	enum err err = parse_number(s->seed, 0, UINT32_MAX, &e->conduct.seed);

	if (err != E_OK)
		return usage("seed", s->seed, err);
	err = parse_number(s->mtu, 1280, PACKET_MAX, mtu);
	if (err != E_OK)
		return usage("mtu", s->mtu, err);
	err = parse_number(s->duration, 1, 86400, &seconds);
	if (err != E_OK)
		return usage("for", s->duration, err);
	err = s->blackout == NULL ? E_OK
				  : blackout_parse(s->blackout, clock_realtime(), &e->blackouts);
	if (err != E_OK)
		return usage("blackout", s->blackout, err);
	e->reflect = s->reflect;
	e->until = clock_monotonic() + (nsec)seconds * NSEC_PER_SEC;
	return EXIT_OK;
}

static int prepare(struct emulator *e, const struct settings *s)
{
	uint64_t mtu = DEFAULT_MTU;

	if (s->near == NULL || s->far == NULL) {
		fprintf(stderr, "emulator: --near and --far are needed\n");
		return EXIT_USAGE;
	}
	int rc = set_numbers(e, s, &mtu);
	if (rc == EXIT_OK)
		rc = set_models(e, s);
	if (rc != EXIT_OK)
		return rc;
	if (ledger_open(s->log, &e->ledger) != E_OK) {
		fprintf(stderr, "emulator: --log %s: %s\n", s->log, strerror(errno));
		return EXIT_FAILED;
	}
	rc = open_control(e, s->control);
	if (rc == EXIT_OK)
		rc = open_tuns(e, s, (int)mtu);
	return rc;
}

static int finish(struct emulator *e, int rc)
{
	give_up_waiting(e);
	if (rc == EXIT_OK && (tun_drops(&e->tun[FORWARD], &e->conduct.near_drops) != E_OK ||
			      tun_drops(&e->tun[BACKWARD], &e->conduct.far_drops) != E_OK)) {
		fprintf(stderr, "emulator: cannot read the devices' drops\n");
		rc = EXIT_FAILED;
	}
	if (ledger_close(&e->ledger) != E_OK) {
		fprintf(stderr, "emulator: the log is not whole: %s\n", strerror(errno));
		rc = EXIT_FAILED;
	}
	if (rc == EXIT_OK)
		ledger_print(&e->ledger, &e->conduct, stdout);
	for (int d = 0; d < DIRECTION_COUNT; d++)
		tun_close(&e->tun[d]);
	if (e->control >= 0)
		close(e->control);
	if (e->signals >= 0)
		close(e->signals);
	waiting_finish(&e->waiting);
	return rc;
}

static struct settings settings;

static int emulate(int count, char **operands)
{
	static struct emulator e = {
		.tun = {{.descriptor = -1, .namespace = -1}, {.descriptor = -1, .namespace = -1}},
		.control = -1,
		.signals = -1};

	(void)count;
	(void)operands;
	int rc = prepare(&e, &settings);
	if (rc == EXIT_OK) {
		take_priority(&e);
		puts("ready");
		fflush(stdout);
		run(&e);
	}
	return finish(&e, rc);
}

int main(int argc, char **argv)
{
	static const struct option_row options[] = {
		{"near", "NAMESPACE", "where the prober is; forward starts here", &settings.near,
		 NULL},
		{"far", "NAMESPACE", "where the targets are", &settings.far, NULL},
		{"device", "NAME", "of the TUN device in both (link0)", &settings.device, NULL},
		{"mtu", "OCTETS", "of the devices (1500)", &settings.mtu, NULL},
		{"forward", "MODEL", "near to far, both families", &settings.model[FORWARD], NULL},
		{"backward", "MODEL", "far to near, both families", &settings.model[BACKWARD],
		 NULL},
		{"forward-ipv6", "MODEL", "in place of --forward for IPv6",
		 &settings.model_ipv6[FORWARD], NULL},
		{"backward-ipv6", "MODEL", "in place of --backward for IPv6",
		 &settings.model_ipv6[BACKWARD], NULL},
		{"blackout", "LIST", "dark periods (see below)", &settings.blackout, NULL},
		{"seed", "NUMBER", "of all chance (0)", &settings.seed, NULL},
		{"for", "SECONDS", "ends by itself after this long (600)", &settings.duration,
		 NULL},
		{.name = "reflect",
		 .help = "answer echo requests here, at the far end, without its kernel",
		 .flag = &settings.reflect},
		{"log", "FILE", "one CSV row a packet and copy", &settings.log, NULL},
		{"control", "FIFO", "takes lines: blackout on|off[/DIRECTION][/FAMILY]",
		 &settings.control, NULL},
		{.name = NULL},
	};
	static const struct command commands[] = {
		{"run", "", "join two namespaces by a link that delays, loses and copies", 0, 0,
		 emulate, options},
		{.name = NULL},
	};
	static const struct program program = {
		"emulator", "a seeded link emulator between two network namespaces", commands,
		"Prints \"ready\" when the devices are up, and what it did as JSON when SIGTERM,\n"
		"SIGINT or its time ends it. SIGUSR1 switches a blackout of everything on and "
		"off.\n"
		"\n"
		"A MODEL is a comma-separated list; what is left out does nothing:\n"
		"  delay=fixed:T | uniform:MEAN:HALF_WIDTH | bimodal:T1:T2:P2 | "
		"exponential:MIN:TAIL\n"
		"  loss=P | loss=gilbert-elliott:TO_BAD:TO_GOOD:LOSS_BAD[:LOSS_GOOD]\n"
		"  duplicate=P[:AFTER]   a second copy, this long after the packet\n"
		"  forge=P[:AFTER]       a copy with another last octet, its checksum mended\n"
		"  reorder=P:EXTRA       these packets wait longer and are passed by later ones\n"
		"  order=kept|free       kept, the default: varying delays let nobody overtake\n"
		"  rate=BITS_PER_SECOND  queue=PACKETS (256)  mtu=OCTETS: larger ones vanish\n"
		"T is like 8ms, 250us, 1.5s; P is from 0 to 1.\n"
		"A blackout is FROM..UNTIL[/forward|/backward][/ipv4|/ipv6] in seconds after the\n"
		"start, or with @ before each since 1970; several are separated by commas."};

	return program_main(&program, argc, argv);
}
