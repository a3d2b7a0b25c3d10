/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/witness.h"

#include "collector/alarm/alarms.h"
#include "collector/alarm/board.h"

#include <stdlib.h>

struct witness {
	struct archive *archive;
	struct board *board;
};

enum err witness_open(const char *directory, struct witness **out)
{
	struct board_options options = {.directory = directory};
	struct witness *witness = calloc(1, sizeof(*witness));

	if (witness == NULL)
		return E_MEMORY;
	enum err rc = archive_open(directory, &witness->archive);
	options.archive = witness->archive;
	if (rc == E_OK)
		rc = board_create(&options, &witness->board);
	if (rc != E_OK) {
		witness_close(witness);
		return rc;
	}
	*out = witness;
	return E_OK;
}

void witness_judge(struct witness *witness, const struct config *config)
{
	struct condition_rule rule = alarms_rule(config);

	board_judge(witness->board, &rule);
}

enum err witness_watch(struct witness *witness, uint32_t number, const struct series_key *key)
{
	char text[KEY_TEXT];

	series_key_format(key, text);
	return board_watch(witness->board, number, text);
}

void witness_put(struct witness *witness, uint32_t number, const struct summary *slot)
{
	board_put(witness->board, number, slot);
}

/* What happened in a simulation is no news: a collector that goes on with these data would tell it.
 */
static void let_news_go(struct witness *witness)
{
	size_t count;
	struct news *news = board_take_news(witness->board, &count);

	board_told(witness->board, news, count);
	free(news);
}

enum err witness_save(struct witness *witness)
{
	let_news_go(witness);
	return board_save(witness->board);
}

enum err witness_finish(struct witness *witness)
{
	let_news_go(witness);
	return board_finish(witness->board);
}

void witness_close(struct witness *witness)
{
	if (witness == NULL)
		return;
	board_destroy(witness->board);
	archive_close(witness->archive);
	free(witness);
}
