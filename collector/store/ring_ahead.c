/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/disk.h"
#include "collector/store/ring.h"

#include <fcntl.h>
#include <math.h>

enum { PAGE = 4096, STRETCHES = 2 * RING_ARCHIVES_MAX };

/* Octets of a file. */
struct stretch {
	uint64_t from;
	uint64_t until;
};

struct coming {
	struct stretch list[STRETCHES];
	size_t count;
};

static void add(struct coming *coming, uint64_t from, uint64_t len)
{
	if (len > 0)
		coming->list[coming->count++] = (struct stretch){from, from + len};
}

/* Where the next rows of all archives will lie; around an archive's end in two stretches. */
static struct coming find_coming(const struct ring_layout *layout, const struct ring_head *head,
				 size_t count)
{
	struct coming coming = {.count = 0};
	uint64_t row_size = layout->sources * sizeof(double);
	uint64_t steps = (uint64_t)head->updated / layout->step;
	uint64_t start = head->len;

	for (uint32_t a = 0; a < layout->archives; a++) {
		uint64_t held = head->rows[a];
		uint64_t rows = (steps + count) / layout->steps[a] - steps / layout->steps[a];
		uint64_t first = (head->newest[a] + 1) % held;
		rows = rows < held ? rows : held;
		uint64_t run = rows < held - first ? rows : held - first;
		add(&coming, start + first * row_size, run * row_size);
		add(&coming, start, (rows - run) * row_size);
		start += held * row_size;
	}
	return coming;
}

static uint64_t page_of(uint64_t offset)
{
	return offset - offset % PAGE;
}

static void fetch_page(int fd, uint64_t offset)
{
	(void)posix_fadvise(fd, (off_t)page_of(offset), PAGE, POSIX_FADV_WILLNEED);
}

void ring_fetch(int fd, const struct ring_layout *layout, const struct ring_head *head,
		size_t count)
{
	struct coming coming = find_coming(layout, head, count);

	for (size_t i = 0; i < coming.count; i++) {
		struct stretch stretch = coming.list[i];
		if (stretch.from % PAGE != 0)
			fetch_page(fd, stretch.from);
		if (stretch.until % PAGE != 0 && page_of(stretch.until) != page_of(stretch.from))
			fetch_page(fd, stretch.until);
	}
}

enum err ring_blank(int fd, const struct ring_layout *layout, const struct ring_head *head,
		    size_t count)
{
	struct coming coming = find_coming(layout, head, count);
	double unknown[PAGE / sizeof(double)];
	enum err rc = E_OK;

	for (size_t i = 0; i < PAGE / sizeof(double); i++)
		unknown[i] = (double)NAN;
	for (size_t i = 0; i < coming.count; i++) {
		uint64_t page = page_of(coming.list[i].from + PAGE - 1);
		for (; page + PAGE <= coming.list[i].until && rc == E_OK; page += PAGE)
			rc = disk_write(fd, unknown, PAGE, page);
	}
	return rc;
}
