/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/robots.h"

#include <string.h>

/* Texts that no page of a service has. */
static const char *const anywhere[] = {
	"人机验证",
	"滑动验证页面",
	"请完成安全验证",
	"访问被拦截",
	"您的访问请求被拦截",
	"您的请求已被网站防火墙拦截",
	"acw_sc__v2",		       /* the script of Alibaba Cloud's firewall */
	"errors.aliyun.com",	       /* its page of status 405 */
	"/cdn-cgi/challenge-platform", /* Cloudflare */
	"Attention Required! | Cloudflare",
	"Incapsula incident ID",
	"_Incapsula_Resource",
	NULL,
};

/* Texts that a form of a service may have too, so that they count only where no page was given. */
static const char *const on_refusal[] = {
	"captcha",	 "Captcha", "CAPTCHA", "geetest", "验证码", "网站防火墙",
	"Web应用防火墙", "安全狗",  "创宇盾",  "云锁",	  NULL,
};

static bool has_any(const char *octets, size_t len, const char *const *texts)
{
	for (; texts != NULL && *texts != NULL; texts++) {
		if (memmem(octets, len, *texts, strlen(*texts)) != NULL)
			return true;
	}
	return false;
}

bool robots_page(uint16_t status, const char *octets, size_t len, const char *const *extra)
{
	return has_any(octets, len, extra) || has_any(octets, len, anywhere) ||
	       (status / 100 != 2 && has_any(octets, len, on_refusal));
}
