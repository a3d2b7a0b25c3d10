/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/notice_text.h"

#include <assert.h>
#include <string.h>

static const char *const texts[NOTICE_TEXTS][NOTICE_LANGUAGES] = {
	[NOTICE_OPENING] =
		{"网络质量探测告知函\n"
		 "\n"
		 "致：{1}网络安全负责人\n"
		 "\n"
		 "为掌握{2}"
		 "的运行质量，监测程序会向贵单位的下列地址持续发送少量探测包，由应答统计时延、"
		 "丢包和时延抖动。探测不扫描端口，不登录系统，也不读取任何业务数据。\n"
		 "\n"
		 "请贵单位在防火墙、入侵检测等安全设备上放行下列来源的探测包及其应答，并避免将其判"
		 "为攻击。"
		 "需要调整时段、速率或停止探测时，请与文末联系人联系。\n",
		 "Notice of network quality probes\n"
		 "\n"
		 "To the security staff of {1}\n"
		 "\n"
		 "The quality of a network that serves you is being measured: {2}. For that, small "
		 "probe "
		 "packets are sent steadily to the addresses of yours listed below, and delay, "
		 "loss and "
		 "delay variation are reckoned from the answers. The probes scan no ports, log in "
		 "nowhere "
		 "and read no data of yours.\n"
		 "\n"
		 "Please let these packets and their answers pass your firewalls and intrusion "
		 "detection, "
		 "and do not treat them as an attack. If you want other hours, a lower rate or no "
		 "probes "
		 "at all, please tell the contact at the end.\n"},
	[NOTICE_SOURCES] = {"\n一、探测来源\n", "\n1. Where the packets come from\n"},
	[NOTICE_SOURCE] = {"  - {1}：{2}\n", "  - {1}: {2}\n"},
	[NOTICE_SOURCE_UNKNOWN] = {"  - {1}：源地址尚未登记，请向联系人索取\n",
				   "  - {1}: its addresses are not on record here; please ask the "
				   "contact\n"},
	[NOTICE_TARGETS] = {"\n二、探测目标（{1} 个地址）\n",
			    "\n2. Where they go to ({1} addresses)\n"},
	[NOTICE_TARGET] = {"  - {1}：{2}\n", "  - {1}: {2}\n"},
	[NOTICE_TARGET_PAGE] = {"  - {1}：{2}；网页 {3}\n", "  - {1}: {2}; page {3}\n"},
	[NOTICE_PROTOCOL] = {"\n三、协议与端口\n", "\n3. Protocols and ports\n"},
	[NOTICE_ICMP] =
		{"  - 请求：ICMP 回显请求（IPv4 类型 8；IPv6 为 ICMPv6 类型 128），代码 0。\n"
		 "  - 应答：ICMP 回显应答（IPv4 类型 0；IPv6 为 ICMPv6 类型 129），代码 0。\n"
		 "  - 载荷以 0xA5 填充，最后 16 字节为包序号和校验码，不含其他信息。ICMP "
		 "标识符随机选取并会变化，请勿按标识符放行。\n",
		 "  - Requests: ICMP echo request (type 8; ICMPv6 type 128 for IPv6), code 0.\n"
		 "  - Answers: ICMP echo reply (type 0; ICMPv6 type 129), code 0.\n"
		 "  - The payload is filled with 0xA5; its last 16 octets are a packet number and "
		 "a check "
		 "value. The ICMP identifier is random and changes: please do not filter by it.\n"},
	[NOTICE_TCP] =
		{"  - TCP 端口 {1}：每次发送一个 SYN 包，不带数据，不重传；收到 SYN-ACK "
		 "后本机立即以 RST "
		 "结束，不建立会话。源端口在 49152 至 65535 之间变化，请勿按源端口放行，也请"
		 "勿将其判为端口扫描或半开连接攻击。\n",
		 "  - TCP port {1}: one SYN each time, without data and never repeated; its "
		 "SYN-ACK is answered with RST at once, so that no session is opened. The source "
		 "port varies from 49152 to 65535: please do not filter by it, nor take this for "
		 "a scan or a half-open attack.\n"},
	[NOTICE_UDP] =
		{"  - UDP 端口 {1}：每次一个 DNS 查询（RFC 1035），从不重发；应答最大 1232 "
		 "字节，被截断时改用同一端口的 TCP 再查询一次。源端口在 49152 至 65535 "
		 "之间变化，请勿按源端口过滤。\n",
		 "  - UDP port {1}: one DNS query each time (RFC 1035), never repeated; its answer "
		 "has at most 1232 octets, and what was cut is asked for once more over TCP at the "
		 "same port. The source port varies from 49152 to 65535: please do not filter by "
		 "it.\n"},
	[NOTICE_TCP_QUERIES] =
		{"  - TCP 端口 {1}：每次建立一个连接，查询一次 DNS 后即关闭。\n",
		 "  - TCP port {1}: a connection each time, with one DNS query, closed after its "
		 "answer.\n"},
	[NOTICE_HTTP] =
		{"  - TCP 端口 {1}：以 HTTP 或 HTTPS "
		 "访问网页，每次如同一名用户打开该页，读取后即断开；"
		 "不登录，不提交表单，不执行脚本。User-Agent 以 netgrade-collector/ "
		 "开头并注明联系人，请据此放行，勿以验证码或拦截页应答。下文速率中每次访问按往返各 "
		 "128 KiB 计。\n",
		 "  - TCP port {1}: pages are visited over HTTP or HTTPS, each time as one user "
		 "opens the page, and the connection is ended when it is read. Nothing is logged "
		 "in to, no form is sent and no script is run. The User-Agent begins with "
		 "netgrade-collector/ and names the contact: please let it pass by that, without "
		 "a captcha or a block page. In the rates below a visit is reckoned at 128 KiB "
		 "each way.\n"},
	[NOTICE_TRACE_ICMP] =
		{"  - 路由跟踪：ICMP 回显请求，TTL（跳数限制）从 1 到 30。\n",
		 "  - Traces of the route: ICMP echo requests with lifetimes (TTL, hop limit) "
		 "from 1 to 30.\n"},
	[NOTICE_TRACE_UDP] =
		{"  - 路由跟踪：发往 UDP 端口 {1} 的包，TTL（跳数限制）从 1 到 30；"
		 "该端口通常无服务监听，目标以 ICMP 端口不可达应答即可。\n",
		 "  - Traces of the route: packets to UDP port {1} with lifetimes (TTL, hop limit) "
		 "from 1 to 30. Nothing need listen there: that the target answers with ICMP port "
		 "unreachable is what is wanted.\n"},
	[NOTICE_TRACE_TCP] =
		{"  - 路由跟踪：发往 TCP 端口 {1} 的 SYN 包，TTL（跳数限制）从 1 到 30。\n",
		 "  - Traces of the route: SYN packets to TCP port {1} with lifetimes (TTL, hop "
		 "limit) from 1 to 30.\n"},
	[NOTICE_TRACE_ANSWERS] =
		{"  - 路径 MTU 探测：不允许分片的大包，不超过 1500 字节，方式同路由跟踪（TCP "
		 "时改用 ICMP 回显请求）。请放行返回的 ICMP 超时、目标不可达（含“需要分片”）和 "
		 "ICMPv6 包过大消息。\n",
		 "  - Path MTU: packets of up to 1500 octets that must not be fragmented, of the "
		 "same kind as the traces (where those are TCP: ICMP echo requests). Please let "
		 "ICMP time exceeded, destination unreachable (fragmentation needed among them) "
		 "and "
		 "ICMPv6 packet too big pass back.\n"},
	[NOTICE_NO_PORTS] = {"  - 不使用 TCP 和 UDP，因此不涉及端口。\n",
			     "  - Neither TCP nor UDP is used, so there are no ports.\n"},
	[NOTICE_RATES] = {"\n四、速率、包长与时段\n", "\n4. Rates, packet sizes and hours\n"},
	[NOTICE_TEST] = {"  - 测试 {1}，由{2}发出：向{8}每 {3}均匀发送 {4} 个包；{5}；"
			 "DSCP {6}；{7}。\n",
			 "  - Test {1}, from {2}: {4} packets every {3} to {8}, evenly spaced; "
			 "{5}; DSCP {6}; {7}.\n"},
	[NOTICE_VISITS] = {"  - 测试 {1}，由{2}发出：每 {3}访问{8} {4} 次；{5}；DSCP {6}；{7}。\n",
			   "  - Test {1}, from {2}: {4} visits every {3} to {8}, evenly spaced; "
			   "{5}; DSCP {6}; {7}.\n"},
	[NOTICE_IN_SECONDS] = {"{1} 秒", "{1} s"},
	[NOTICE_IN_MINUTES] = {"{1} 分钟", "{1} min"},
	[NOTICE_IN_HOURS] = {"{1} 小时", "{1} h"},
	[NOTICE_WATCH] =
		{"  - 连通性自检，由{1}发出：向{3}每秒发送 1 个包；{2}；DSCP "
		 "0；全天。\n",
		 "  - Check of its own connection, from {1}: 1 packet a second to {3}; {2}; "
		 "DSCP 0; around the clock.\n"},
	[NOTICE_TRACES] =
		{"  - 测试 {1} 的路由跟踪，由{2}发出：对{6}每 {3}一次，路径变差时另加一次；"
		 "每次最多 {4} 个小包和 {5} 个大包，每秒不超过 20 个；全天。\n",
		 "  - Traces of test {1}, from {2}: one every {3} to {6}, and one more when the "
		 "path "
		 "goes bad; each at most {4} small packets and {5} large ones, no more than 20 a "
		 "second; around the clock.\n"},
	[NOTICE_TO_EACH] = {"每个地址", "each address"},
	[NOTICE_TO_ONE] = {"其中 {1} ", "{1}"},
	[NOTICE_EACH_OF] = {"{1}分别", "each of {1}"},
	[NOTICE_TO_SOME] = {"其中 {1} 个地址（{2}）各自", "each of {1} addresses ({2})"},
	[NOTICE_SIZES] = {"载荷 {1} 字节（{2}）", "{1} octets of payload ({2})"},
	[NOTICE_SYN] = {"TCP 端口 {1}，仅 SYN，无数据（{2}）",
			"TCP port {1}, SYN only, no data ({2})"},
	[NOTICE_QUERY] = {"UDP 端口 {1}，每包一次 DNS 查询（{2}）",
			  "UDP port {1}, one DNS query each ({2})"},
	[NOTICE_STREAM] =
		{"TCP 端口 {1}，每次一个连接、一次 DNS 查询（查询包：{2}）",
		 "TCP port {1}, a connection with one DNS query each (of the query: {2})"},
	[NOTICE_PAGE] = {"网页 {1}，最多读取 {2} 字节，跟随重定向不超过 {3} 次",
			 "the page {1}, of which at most {2} octets are read, with at most {3} "
			 "redirects followed"},
	[NOTICE_OWN_PAGES] =
		{"各目标自己的网页（见第二节），最多读取 {1} 字节，跟随重定向不超过 {2} 次",
		 "the page of each (see section 2), of which at most {1} octets are read, with at "
		 "most {2} redirects followed"},
	[NOTICE_SIZE_IPV4] = {"IPv4 包长 {1} 字节", "IPv4 packets of {1} octets"},
	[NOTICE_SIZE_IPV6] = {"IPv6 包长 {1} 字节", "IPv6 packets of {1} octets"},
	[NOTICE_FRAGMENTS_IPV4] = {"IPv4 分 {2} 片，共 {1} 字节",
				   "IPv4 in {2} fragments of {1} octets together"},
	[NOTICE_FRAGMENTS_IPV6] = {"IPv6 分 {2} 片，共 {1} 字节",
				   "IPv6 in {2} fragments of {1} octets together"},
	[NOTICE_SUM] =
		{"  - 以上合计，最忙时平均每秒 {1} 个包、{2} bit/s（按以太网帧计），最密的一秒约 "
		 "{3} 个包。应答不超过此量，方向相反。\n",
		 "  - All together, when busiest: {1} packets/s and {2} bit/s (Ethernet frames) on "
		 "average, about {3} packets in the fullest second. The answers are no more and "
		 "no larger, the other way.\n"},
	[NOTICE_SUM_QUERIES] =
		{"  - 以上合计，最忙时平均每秒 {1} 个包、{2} bit/s（按以太网帧计），最密的一秒约 "
		 "{3} 个包。应答数量不超过此量，方向相反；DNS 应答可能比查询大。\n",
		 "  - All together, when busiest: {1} packets/s and {2} bit/s (Ethernet frames) on "
		 "average, about {3} packets in the fullest second. The answers are no more, the "
		 "other way; those of DNS may be larger than the queries.\n"},
	[NOTICE_ONE] =
		{"  - 其中对单个目标，平均每秒最多 {1} 个包，最密的一秒约 {2} 个包。\n",
		 "  - Of these, to one target at most {1} packets/s on average, about {2} in the "
		 "fullest second.\n"},
	[NOTICE_LIMITING] =
		{"  - 如设备限制 ICMP 速率，请将上限设为最密一秒的两倍以上，否则被丢弃的包会被"
		 "记为丢包。\n",
		 "  - Where ICMP is rate-limited, please set the limit to twice the fullest "
		 "second or more: what it drops would be reckoned as loss.\n"},
	[NOTICE_CONTACT] = {"\n五、联系人\n", "\n5. Contact\n"},
	[NOTICE_CONTACT_NAME] = {"  - {1}\n", "  - {1}\n"},
	[NOTICE_CONTACT_TELEPHONE] = {"  - 电话：{1}\n", "  - Telephone: {1}\n"},
	[NOTICE_CONTACT_EMAIL] = {"  - 电子邮箱：{1}\n", "  - E-mail: {1}\n"},
	[NOTICE_CONTACT_UNKNOWN] = {"  - （请在发出前填写联系人、电话和邮箱）\n",
				    "  - (name, telephone and e-mail: to be filled in before this "
				    "is sent)\n"},
	[NOTICE_ANNOUNCE] =
		{"  - 贵单位计划停机或割接时，请至少提前 {1}告知联系人，以便登记为计划维护。\n",
		 "  - If you plan a maintenance, please tell the contact at least {1} ahead, "
		 "so that it can be entered as planned.\n"},
	[NOTICE_CLOSING] = {"\n以上内容变更时将另行告知。\n"
			    "\n"
			    "{1}\n"
			    "依据配置 {2} 生成，其 SHA-256 为\n"
			    "{3}\n",
			    "\nYou will be told before any of this changes.\n"
			    "\n"
			    "{1}\n"
			    "Made from the configuration {2}, SHA-256\n"
			    "{3}\n"},
	[NOTICE_DATE] = {"{1} 年 {2} 月 {3} 日", "{1}-{2}-{3}"},
	[NOTICE_ALWAYS] = {"全天", "around the clock"},
	[NOTICE_HOURS] = {"{1} {2}（{3} 时间）", "{1}, {2} ({3} time)"},
	[NOTICE_EVERY_DAY] = {"每天", "every day"},
	[NOTICE_WORKING_DAYS] = {"工作日（含调休上班日）",
				 "working days (days worked to make up for holidays included)"},
	[NOTICE_WHOLE_DAY] = {"全天", "all day"},
	[NOTICE_COMMA] = {"、", ", "},
	[NOTICE_NAMED] = {"{1}（{2}）", "{1} ({2})"},
};

const char *notice_weekday(enum notice_language language, int day)
{
	static const char *const days[7][NOTICE_LANGUAGES] = {
		{"周日", "Sunday"},    {"周一", "Monday"},   {"周二", "Tuesday"},
		{"周三", "Wednesday"}, {"周四", "Thursday"}, {"周五", "Friday"},
		{"周六", "Saturday"},
	};

	return days[day][language];
}

bool notice_language_parse(const char *text, enum notice_language *out)
{
	static const char *const names[NOTICE_LANGUAGES] = {"zh-CN", "en"};

	for (enum notice_language l = 0; l < NOTICE_LANGUAGES; l++) {
		if (strcmp(text, names[l]) == 0) {
			*out = l;
			return true;
		}
	}
	return false;
}

/* Writes the text to out, unless that is NULL; gives its length. */
static size_t fill(const char *text, const char *const *values, char *out)
{
	size_t len = 0;

	for (const char *at = text; *at != '\0'; at++) {
		const char *from = at;
		size_t count = 1;
		if (*at == '{') {
			assert(at[1] >= '1' && at[1] < '1' + NOTICE_VALUES && at[2] == '}');
			from = values[at[1] - '1'];
			count = strlen(from);
			at += 2;
		}
		if (out != NULL)
			memcpy(out + len, from, count);
		len += count;
	}
	return len;
}

char *notice_format(struct arena *arena, enum notice_language language, enum notice_text text,
		    const char *const values[NOTICE_VALUES])
{
	size_t len = fill(texts[text][language], values, NULL);
	char *out = arena_zeroed(arena, len + 1, 1);

	fill(texts[text][language], values, out);
	return out;
}
