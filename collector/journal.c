/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/journal.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The oldest files go when there are more: an agent must not fill its disk with evidence. */
enum { EVIDENCE_FILES_MAX = 2000, DIGEST_OCTETS = 32 };

struct note {
	struct note *next;
	struct journal *journal;
	enum err (*write)(struct journal *journal, struct note *note);
	nsec at;
	char *title; /* the event's kind, the configuration's digest */
	char *text;
	char *profile; /* the configuration's, and its digest */
	char *profile_digest;
	struct evidence evidence;
	struct cut_off cut_off;
	struct certificate_sighting *certificate; /* owned, as the next; NULL */
	struct end_sighting *end;
	bool reread; /* windows, if they have changed */
	struct window_list windows;
	enum err rc;
};

struct journal {
	uv_loop_t *loop;
	struct archive *archive;
	char *directory;
	char *agent;
	struct note *first; /* waiting; one at a time is being written */
	struct note *last;
	uv_work_t work;
	struct note *writing;
	struct window_listener windows;
	int64_t windows_stamp; /* of those told last */
};

enum err journal_open(uv_loop_t *loop, const char *directory, const char *agent,
		      struct journal **out)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL)
		return E_MEMORY;
	journal->loop = loop;
	journal->directory = strdup(directory);
	journal->agent = strdup(agent);
	enum err rc = journal->directory == NULL || journal->agent == NULL
			      ? E_MEMORY
			      : archive_open(directory, &journal->archive);
	if (rc != E_OK) {
		journal_close(journal);
		return rc;
	}
	*out = journal;
	return E_OK;
}

static void free_texts(const struct note *note)
{
	free(note->title);
	free(note->text);
	free(note->profile);
	free(note->profile_digest);
	free(note->certificate);
	free(note->end);
}

static void destroy_note(struct note *note)
{
	if (note == NULL)
		return;
	windows_finish(&note->windows);
	free_texts(note);
	free(note);
}

void journal_close(struct journal *journal)
{
	if (journal == NULL)
		return;
	while (journal->first != NULL) {
		struct note *note = journal->first;
		journal->first = note->next;
		destroy_note(note);
	}
	archive_close(journal->archive);
	free(journal->directory);
	free(journal->agent);
	free(journal);
}

static void on_work(uv_work_t *work)
{
	struct journal *journal = work->data;

	journal->writing->rc = journal->writing->write(journal, journal->writing);
}

static void write_next(struct journal *journal);

static void on_written(uv_work_t *work, int status)
{
	struct journal *journal = work->data;
	struct note *note = journal->writing;

	(void)status;
	if (note->reread && note->rc == E_OK)
		journal->windows.take(journal->windows.context, &note->windows);
	else if (!note->reread && note->rc != E_OK)
		log_warn("archive", "%s could not be written: %s",
			 note->title == NULL ? note->evidence.path : note->title,
			 err_text(note->rc));
	destroy_note(note);
	journal->writing = NULL;
	write_next(journal);
}

static void write_next(struct journal *journal)
{
	if (journal->writing != NULL || journal->first == NULL)
		return;
	journal->writing = journal->first;
	journal->first = journal->first->next;
	journal->work.data = journal;
	(void)uv_queue_work(journal->loop, &journal->work, on_work, on_written);
}

static void take_note(struct journal *journal, const struct note *note)
{
	struct note *copy = malloc(sizeof(*copy));

	if (copy == NULL) {
		free_texts(note);
		log_error("archive", "out of memory: a note is lost");
		return;
	}
	*copy = *note;
	copy->at = clock_realtime();
	copy->next = NULL;
	if (journal->first == NULL)
		journal->first = copy;
	else
		journal->last->next = copy;
	journal->last = copy;
	write_next(journal);
}

static enum err write_event(struct journal *journal, struct note *note)
{
	if (note->title == NULL || note->text == NULL)
		return E_MEMORY;
	return archive_event(journal->archive, note->at, journal->agent, note->title, note->text);
}

void journal_event(struct journal *journal, const char *kind, const char *detail)
{
	struct note note = {.write = write_event, .title = strdup(kind), .text = strdup(detail)};
	take_note(journal, &note);
}

static enum err write_cut_off(struct journal *journal, struct note *note)
{
	return archive_cut_off(journal->archive, &note->cut_off);
}

void journal_cut_off(struct journal *journal, const struct cut_off *cut_off)
{
	struct note note = {
		.write = write_cut_off, .title = strdup("cut off"), .cut_off = *cut_off};

	snprintf(note.cut_off.agent, sizeof(note.cut_off.agent), "%s", journal->agent);
	take_note(journal, &note);
}

static void *copy_of(const void *octets, size_t len)
{
	void *copy = malloc(len);

	return copy == NULL ? NULL : memcpy(copy, octets, len);
}

static enum err write_certificate(struct journal *journal, struct note *note)
{
	return note->certificate == NULL ? E_MEMORY
					 : archive_certificate(journal->archive, note->certificate);
}

void journal_certificate(struct journal *journal, const struct certificate_sighting *sighting)
{
	struct note note = {.write = write_certificate,
			    .title = strdup("a certificate"),
			    .certificate = copy_of(sighting, sizeof(*sighting))};
	take_note(journal, &note);
}

static enum err write_end(struct journal *journal, struct note *note)
{
	return note->end == NULL ? E_MEMORY : archive_end(journal->archive, note->end);
}

void journal_end(struct journal *journal, const struct end_sighting *sighting)
{
	struct note note = {.write = write_end,
			    .title = strdup("the end of a visit"),
			    .end = copy_of(sighting, sizeof(*sighting))};
	take_note(journal, &note);
}

/* E_NOT_FOUND: nothing has changed. */
static enum err read_windows(struct journal *journal, struct note *note)
{
	int64_t stamp = 0;
	enum err rc = windows_stamp(journal->archive, &stamp);

	if (rc != E_OK)
		return rc;
	if (stamp == journal->windows_stamp)
		return E_NOT_FOUND;
	rc = windows_read(journal->archive, &note->windows);
	if (rc == E_OK)
		journal->windows_stamp = stamp;
	return rc;
}

enum err journal_windows(struct journal *journal, const struct window_listener *listener)
{
	struct note note = {.reread = true};

	journal->windows = *listener;
	enum err rc = read_windows(journal, &note);
	if (rc == E_OK)
		listener->take(listener->context, &note.windows);
	return rc == E_NOT_FOUND ? E_OK : rc;
}

void journal_reread_windows(struct journal *journal)
{
	struct note note = {.write = read_windows, .reread = true};

	if (journal->windows.take != NULL)
		take_note(journal, &note);
}

static enum err write_configuration(struct journal *journal, struct note *note)
{
	const struct configuration configuration = {
		.at = note->at,
		.digest = note->title,
		.text = note->text,
		.profile_digest = note->profile_digest,
		.profile = note->profile,
	};

	if (note->title == NULL || note->text == NULL || note->profile_digest == NULL ||
	    note->profile == NULL)
		return E_MEMORY;
	return archive_configuration(journal->archive, &configuration);
}

void journal_configuration(struct journal *journal, const struct config *config)
{
	struct note note = {
		.write = write_configuration,
		.title = strdup(config->digest),
		.text = config_text(config),
		.profile = strdup(config->profile->text),
		.profile_digest = strdup(config->profile->digest),
	};

	take_note(journal, &note);
}

static enum err hash_descriptor(int fd, char digest[65])
{
	gnutls_hash_hd_t hash;
	uint8_t octets[16384];
	uint8_t result[DIGEST_OCTETS];
	ssize_t got;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
		return E_MEMORY;
	while ((got = read(fd, octets, sizeof(octets))) > 0)
		(void)gnutls_hash(hash, octets, (size_t)got);
	gnutls_hash_deinit(hash, result);
	if (got < 0)
		return E_SYSTEM;
	for (size_t i = 0; i < DIGEST_OCTETS; i++)
		snprintf(digest + 2 * i, 3, "%02x", result[i]);
	return E_OK;
}

/* An archive must not name a file that a power cut can still take away. */
static enum err secure_file(const char *path, char digest[65])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_from_errno(errno);
	enum err rc = fsync(fd) == 0 ? hash_descriptor(fd, digest) : E_SYSTEM;
	close(fd);
	return rc;
}

static int is_capture(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	return len > 5 && strcmp(entry->d_name + len - 5, ".pcap") == 0;
}

/* File names end in the instant of their capture, in a form that sorts. */
static int by_instant(const struct dirent **a, const struct dirent **b)
{
	const char *x = strrchr((*a)->d_name, '-');
	const char *y = strrchr((*b)->d_name, '-');
	return strcmp(x == NULL ? "" : x, y == NULL ? "" : y);
}

static void remove_oldest(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_capture, by_instant);

	for (int i = 0; i < count; i++) {
		char path[PATH_MAX + NAME_MAX + 2];
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (i + EVIDENCE_FILES_MAX < count && unlink(path) == 0)
			log_info("evidence", "%s removed: only the newest %d files are kept", path,
				 EVIDENCE_FILES_MAX);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static enum err write_evidence(struct journal *journal, struct note *note)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", journal->directory, note->evidence.path);
	enum err rc = secure_file(path, note->evidence.digest);
	if (rc != E_OK)
		return rc;
	rc = archive_evidence(journal->archive, &note->evidence);
	if (rc != E_OK)
		return rc;
	snprintf(path, sizeof(path), "%s/evidence", journal->directory);
	remove_oldest(path);
	return E_OK;
}

void journal_evidence(struct journal *journal, const struct evidence *evidence)
{
	struct note note = {.write = write_evidence, .evidence = *evidence};
	take_note(journal, &note);
}
