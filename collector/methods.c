/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/methods.h"

uint8_t methods_find(const struct methods *methods, const struct probe_ops *method)
{
	for (size_t i = 0; i < methods->count; i++) {
		if (methods->probes[i]->ops == method)
			return (uint8_t)i;
	}
	return METHODS_MAX;
}

enum err methods_open(struct methods *methods, const struct probe_ops *method,
		      const struct probe_options *options)
{
	if (methods_find(methods, method) != METHODS_MAX)
		return E_OK;
	if (methods->count == METHODS_MAX)
		return E_FULL;
	enum err rc = method->open(options, &methods->probes[methods->count]);
	if (rc != E_OK)
		return rc;
	methods->count++;
	return E_OK;
}

void methods_close(struct methods *methods)
{
	for (size_t i = 0; i < methods->count; i++)
		methods->probes[i]->ops->close(methods->probes[i]);
	*methods = (struct methods){.count = 0};
}

enum err methods_renew(const struct methods *methods, const struct visitor_options *visits)
{
	enum err rc = E_OK;

	for (size_t i = 0; rc == E_OK && i < methods->count; i++) {
		struct probe *probe = methods->probes[i];
		if (probe->ops->renew != NULL)
			rc = probe->ops->renew(probe, visits);
	}
	return rc;
}

void methods_receive(const struct methods *methods, nsec now, const struct probe_listener *listener)
{
	for (size_t i = 0; i < methods->count; i++)
		methods->probes[i]->ops->receive(methods->probes[i], now, listener);
}

bool methods_wait(const struct methods *methods)
{
	for (size_t i = 0; i < methods->count; i++) {
		const struct probe *probe = methods->probes[i];
		if (probe->ops->waits != NULL && probe->ops->waits(probe))
			return true;
	}
	return false;
}
