/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/visiting.h"
#include "config/url.h"

#include <stdio.h>
#include <string.h>

enum { BODY_MOST = 2 << 20, REDIRECTS_MOST = 5 };

bool visiting_servers(const struct visiting *words, struct name_servers *out)
{
	struct endpoint server;

	if (words->name_server == NULL) {
		*out = name_servers_of_system("/etc/resolv.conf");
		return true;
	}
	if (endpoint_parse(words->name_server, &server) != E_OK) {
		fprintf(stderr, "--name-server: '%s' is no address; write one such as 192.0.2.53\n",
			words->name_server);
		return false;
	}
	server.port = NAME_SERVER_PORT;
	*out = (struct name_servers){.count = 1, .items = {server}};
	return true;
}

bool visiting_page(const struct visiting *words, struct ask *ask, long *port)
{
	struct problem problem;
	uint16_t number = 0;

	if (words->url != NULL && !url_parse(words->url, &number, &problem)) {
		fprintf(stderr, "--url: %s\n", problem.text);
		return false;
	}
	if (words->expect != NULL &&
	    (words->expect[0] == '\0' || strlen(words->expect) > PAGE_TEXT_MOST)) {
		fprintf(stderr, "--expect: a text to look for has 1 to %d octets\n",
			PAGE_TEXT_MOST);
		return false;
	}
	*ask = (struct ask){.url = words->url,
			    .text = words->expect,
			    .body_most = BODY_MOST,
			    .redirects_most = REDIRECTS_MOST,
			    .by_name = words->by_name};
	*port = number;
	return true;
}
