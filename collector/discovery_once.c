/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/discovery_once.h"
#include "collector/discovery.h"
#include "collector/proposal.h"
#include "collector/quantity.h"
#include "config/config.h"
#include "config/options.h"

#include <stdio.h>

static int print_proposal(const struct trials *trials, enum discovery_format format)
{
	proposal_tell_silent(trials);
	if (format == DISCOVERY_JSON && !proposal_print_json(trials))
		return EXIT_FAILED;
	if (!proposal_any(trials)) {
		fprintf(stderr, "nothing is proposed: no site answered\n");
		return EXIT_FAILED;
	}
	if (format == DISCOVERY_YAML)
		proposal_print(trials, stdout);
	return EXIT_OK;
}

static int discover(const struct config *config, const struct discovery_options *options,
		    enum discovery_format format)
{
	struct trials trials = {.items = NULL};

	enum err rc = trials_create(config, &trials);
	if (rc == E_OK)
		rc = discovery_run(options, &trials);
	int code = rc == E_OK	   ? print_proposal(&trials, format)
		   : rc == E_USAGE ? EXIT_USAGE
				   : EXIT_FAILED;
	if (rc != E_OK)
		fprintf(stderr, "nothing is proposed: %s\n",
			rc == E_CLOSED ? "stopped before the end" : err_text(rc));
	trials_finish(&trials);
	return code;
}

int discovery_once(const struct discovery_words *words, enum discovery_format format)
{
	struct discovery_options options = {.t_max = 2 * NSEC_PER_SEC};
	struct diagnostics diagnostics = {0};
	long rate = 50;

	if (!quantity_number(words->rate, "rate", (long[]){1, 1000}, &rate) ||
	    !quantity_duration(words->t_max, "t-max", (nsec[]){10 * NSEC_PER_MSEC, NSEC_PER_MIN},
			       &options.t_max))
		return EXIT_USAGE;
	options.rate = (uint32_t)rate;
	enum err rc = privilege_by_hand(words->user, &options.account);
	if (rc != E_OK)
		return rc == E_USAGE ? EXIT_USAGE : EXIT_FAILED;
	struct config *config = config_load_inventory(words->inventory, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	if (config == NULL)
		return EXIT_USAGE;
	int code = discover(config, &options, format);
	config_destroy(config);
	return code;
}
