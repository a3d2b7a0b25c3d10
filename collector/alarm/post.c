/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/post.h"

#include "collector/base/clock.h"

#include <curl/curl.h>
#include <stdio.h>

enum { REQUEST_TIMEOUT = 408, TOO_MANY_REQUESTS = 429 };

struct posting {
	const struct post_request *request;
	nsec give_up; /* NSEC_UNDEFINED: nobody hurries yet */
};

enum err post_prepare(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? E_OK : E_SYSTEM;
}

static size_t drop(char *octets, size_t size, size_t count, void *context)
{
	(void)octets;
	(void)context;
	return size * count;
}

/* Not 0 gives the transfer up. */
static int look(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct posting *posting = context;
	const struct post_request *request = posting->request;

	(void)a, (void)b, (void)c, (void)d;
	if (request->hurry == NULL || !atomic_load(request->hurry))
		return 0;
	if (posting->give_up == NSEC_UNDEFINED)
		posting->give_up = clock_monotonic() + request->hurried_timeout;
	return clock_monotonic() >= posting->give_up;
}

static bool set_up(CURL *curl, struct curl_slist *headers, struct posting *posting)
{
	const struct post_request *request = posting->request;
	long timeout_ms = (long)(request->timeout / NSEC_PER_MSEC);

	return curl_easy_setopt(curl, CURLOPT_URL, request->url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERAGENT, "netgrade-collector/" NETGRADE_VERSION) ==
		       CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_XFERINFODATA, posting) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

static void judge(CURL *curl, CURLcode code, struct post_result *result)
{
	long status = 0;

	if (code != CURLE_OK) {
		snprintf(result->reason, sizeof(result->reason), "%s", curl_easy_strerror(code));
		return;
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	result->accepted = status / 100 == 2;
	result->hopeless = status < 500 && status != REQUEST_TIMEOUT && status != TOO_MANY_REQUESTS;
	snprintf(result->reason, sizeof(result->reason), "the answer is HTTP %ld", status);
}

enum err post(const struct post_request *request, struct post_result *out)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	struct posting posting = {.request = request, .give_up = NSEC_UNDEFINED};
	struct post_result result = {.accepted = false};
	CURL *curl = curl_easy_init();
	bool ready = curl != NULL && headers != NULL && set_up(curl, headers, &posting);

	if (ready)
		judge(curl, curl_easy_perform(curl), &result);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	if (!ready)
		return E_MEMORY;
	*out = result;
	return E_OK;
}
