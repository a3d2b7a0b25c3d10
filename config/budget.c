/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/budget.h"
#include "config/loading.h"

#include <string.h>

static const struct key_row rate_rows[] = {
	{.name = "packets-per-second",
	 .type = VALUE_NUMBER,
	 .scaled = true,
	 .offset = offsetof(struct draft_rates, packets),
	 .low = 0.001,
	 .high = 1e9,
	 .fallback_told = "no limit",
	 .meaning = "packets sent a second while the most tests run at once; answers are as many "
		    "again"},
	{.name = "bits-per-second",
	 .type = VALUE_NUMBER,
	 .scaled = true,
	 .offset = offsetof(struct draft_rates, bits),
	 .low = 1,
	 .high = 1e12,
	 .fallback_told = "no limit",
	 .meaning = "the same in bits of Ethernet frames, headers and check sequence included"},
	{.name = NULL},
};

const struct key_row budget_rows[] = {
	{.name = "agent",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_budget, rates[BUDGET_AGENT]),
	 .rows = rate_rows,
	 .meaning = "what one agent may send"},
	{.name = "target",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_budget, rates[BUDGET_TARGET]),
	 .rows = rate_rows,
	 .meaning = "what one host may be sent by all agents together"},
	{.name = "owner",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_budget, rates[BUDGET_OWNER]),
	 .rows = rate_rows,
	 .meaning = "what the sites of one organisation may be sent by all agents together"},
	{.name = "disk",
	 .type = VALUE_NUMBER,
	 .scaled = true,
	 .offset = offsetof(struct draft_budget, disk),
	 .low = 1e6,
	 .high = 1e15,
	 .fallback_told = "no limit",
	 .unit = "octets",
	 .meaning = "what one agent's data may take after a year"},
	{.name = NULL},
};

const struct key_row contact_rows[] = {
	{.name = "zh",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_contact, title.zh),
	 .fallback_told = "en",
	 .meaning = "who answers for the measuring, in Chinese"},
	{.name = "en",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_contact, title.en),
	 .fallback_told = "zh",
	 .meaning = "the same in English"},
	{.name = "telephone",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_contact, telephone),
	 .fallback_told = "none",
	 .meaning = "where they can be called"},
	{.name = "email",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_contact, email),
	 .fallback_told = "none",
	 .meaning = "where they can be written to"},
	{.name = NULL},
};

const char *budget_packets_key(enum budget_scope scope)
{
	static const char *const keys[BUDGET_SCOPES] = {
		[BUDGET_AGENT] = "budget.agent.packets-per-second",
		[BUDGET_TARGET] = "budget.target.packets-per-second",
		[BUDGET_OWNER] = "budget.owner.packets-per-second",
	};

	return keys[scope];
}

const char *budget_bits_key(enum budget_scope scope)
{
	static const char *const keys[BUDGET_SCOPES] = {
		[BUDGET_AGENT] = "budget.agent.bits-per-second",
		[BUDGET_TARGET] = "budget.target.bits-per-second",
		[BUDGET_OWNER] = "budget.owner.bits-per-second",
	};

	return keys[scope];
}

static struct limit limit_of(struct loading *l, const struct value *value)
{
	if (!value_known(value))
		return (struct limit){.most = 0};
	return (struct limit){value->number, keep_place(l, value->place)};
}

static char *text_or(struct loading *l, const struct value *value, const struct value *otherwise)
{
	if (!value_known(value))
		value = otherwise;
	return arena_text(l->config->arena, value_known(value) ? value->text : NULL);
}

void resolve_budget(struct loading *l)
{
	const struct draft_budget *draft = &l->draft.budget;
	struct draft_contact *named = &l->draft.contact;
	struct budget *budget = &l->config->budget;
	const struct value none = {.state = VALUE_ABSENT};

	for (enum budget_scope s = 0; s < BUDGET_SCOPES; s++) {
		budget->packets[s] = limit_of(l, &draft->rates[s].packets);
		budget->bits[s] = limit_of(l, &draft->rates[s].bits);
	}
	budget->disk = limit_of(l, &draft->disk);
	l->config->contact = (struct contact){
		.zh = text_or(l, &named->title.zh, &named->title.en),
		.en = text_or(l, &named->title.en, &named->title.zh),
		.telephone = text_or(l, &named->telephone, &none),
		.email = text_or(l, &named->email, &none),
	};
}

void contact_format(const struct contact *contact, char *out, size_t size)
{
	const char *const parts[] = {contact->email, contact->telephone, contact->en};
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i] == NULL || parts[i][0] == '\0' || used + 3 >= size)
			continue;
		used += (size_t)snprintf(out + used, size - used, used == 0 ? "" : ", ");
		for (const char *c = parts[i]; *c != '\0' && used + 1 < size; c++) {
			if (*c >= ' ' && *c <= '~' && strchr("()\\", *c) == NULL)
				out[used++] = *c;
		}
		out[used] = '\0';
	}
}
