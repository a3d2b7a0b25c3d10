/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/sample_doc.h"

#include "collector/base/calendar.h"
#include "collector/base/random.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

static const char *const names[LANGUAGE_COUNT][6] = {
	{"市电子政务外网骨干核心节点", "滨江区数据资源管理局",
	 "西部山区民族自治县乡村振兴与公共服务数据共享交换中心（北区分中心）机房接入点",
	 "市公安局交通管理支队", "高新技术产业开发区管理委员会政务服务和大数据局", SAMPLE_HOSTILE},
	{"City backbone core", "Riverside District Data Office",
	 "Western Mountains Autonomous County Centre for Shared Public-Service Data, North Annexe",
	 "Traffic Police", "High-Tech Development Zone Administrative Committee", SAMPLE_HOSTILE},
};

static const char *say(const struct doc *doc, const char *zh, const char *en)
{
	return doc->language == LANGUAGE_ZH_CN ? zh : en;
}

static struct period october(void)
{
	struct period period = {0};

	assert(calendar_use_zone("Asia/Shanghai") == E_OK);
	assert(calendar_month("2026-10", &period) == E_OK);
	return period;
}

static void add_cover(struct doc *doc)
{
	doc_cover(doc, doc->title, say(doc, "2026 年 10 月", "October 2026"));
	doc_figure(doc, "period", say(doc, "评估周期", "Period"),
		   value_text("2026-10-01 00:00 – 2026-11-01 00:00"));
	doc_figure(doc, "zone", say(doc, "时区", "Time zone"), value_text("Asia/Shanghai"));
	doc_figure(doc, "profile", say(doc, "评估方案", "Profile"),
		   value_text("egov-extranet-default"));
	doc_figure(
		doc, "profile_hash", say(doc, "方案摘要", "Profile digest"),
		value_text(
			"sha256:3f1c0a9be0d8725e4f6b1d07c2a9954e8d6f20b3a7c15e9d84f0b62c7a1e5d93"));
	doc_figure(doc, "program", say(doc, "程序版本", "Program"), value_text("netgrade 0.1.0"));
	doc_figure(doc, "coverage", say(doc, "覆盖率", "Coverage"), value_number(99.324, 1, "%"));
	doc_break(doc);
}

static void add_summary(struct doc *doc)
{
	doc_heading(doc, 1, say(doc, "一、总体情况", "1 Overall"), "overall");
	doc_figures(doc, "summary");
	doc_figure(doc, "score", say(doc, "全网得分", "Network score"),
		   value_toned(value_number(75.0866, 1, ""), TONE_FAIR));
	doc_figure(doc, "grade", say(doc, "等级", "Grade"),
		   value_toned(value_text(say(doc, "中", "Fair")), TONE_FAIR));
	doc_figure(doc, "change", say(doc, "较上月", "Change"), value_number(-1.25, 1, ""));
	doc_figure(doc, "sites", say(doc, "参评单位", "Sites scored"), value_number(12345, 0, ""));
	doc_figure(doc, "availability", say(doc, "可用率", "Availability"),
		   value_toned(value_number(99.89796, 3, "%"), TONE_GOOD));
	doc_figure(doc, "delay", say(doc, "时延 p95", "Delay p95"),
		   value_toned(value_number((double)INFINITY, 1, "ms"), TONE_BAD));
	doc_figure(doc, "mttr", say(doc, "平均修复时间", "MTTR"),
		   value_toned(value_number((double)NAN, 0, "min"), TONE_MUTED));
	doc_text(doc, say(doc,
			  "本月全网得分 75.1，等级为“中”。IPv4 与 IPv6 "
			  "两个协议族在同一时段内分别测量，互不"
			  "替代；丢包按 T_max = 3 s 判定。失分主要来自骨干核心节点 10 月 12 "
			  "日的两次中断，以及"
			  "西部山区接入点夜间时延升高。详见各章。",
			  "The network scores 75.1 this month, grade Fair. IPv4 and IPv6 are "
			  "measured apart in "
			  "the same slots and never stand in for each other; a packet is lost "
			  "after T_max = 3 "
			  "s. Most points were lost to two outages of the backbone core on 12 "
			  "October and to "
			  "delays at night in the western mountains."));
	doc_callout(
		doc, TONE_BAD,
		say(doc, "骨干核心节点累计中断 4 小时 12 分，触发一票否决：得分不高于 59.9。",
		    "The backbone core was down for 4 h 12 min: veto, its score is at most 59.9."));
	doc_callout(doc, TONE_FAIR,
		    say(doc, "3 个接入点覆盖率低于 95%，结论仅供参考。",
			"Three sites have a coverage below 95 %: read their figures with care."));
	doc_callout(doc, TONE_BEST,
		    say(doc, "骨干网无重大故障。", "No major fault in the backbone."));
	doc_callout(doc, TONE_GOOD, say(doc, "城域网达到目标。", "The metro tier met its target."));
	doc_callout(doc, TONE_PLAIN, say(doc, "本报告可复核。", "This report can be verified."));
	doc_break(doc);
}

static void add_ranking(struct doc *doc)
{
	const struct column columns[] = {
		{"site", say(doc, "单位", "Site"), ALIGN_START},
		{"tier", say(doc, "层级", "Tier"), ALIGN_START},
		{"score", say(doc, "得分", "Score"), ALIGN_END},
		{"grade", say(doc, "等级", "Grade"), ALIGN_START},
		{"availability", say(doc, "可用率", "Availability"), ALIGN_END},
		{"loss", say(doc, "丢包率", "Loss"), ALIGN_END},
		{"delay", say(doc, "时延 p95", "Delay p95"), ALIGN_END},
		{"variation", say(doc, "时延变化 p95", "Delay variation p95"), ALIGN_END},
		{"coverage", say(doc, "覆盖率", "Coverage"), ALIGN_END},
	};
	static const struct {
		double score;
		enum tone tone;
		const char *zh;
		const char *en;
	} grades[] = {
		{97.25, TONE_BEST, "优", "Excellent"},
		{86.04, TONE_GOOD, "良", "Good"},
		{75.0866, TONE_FAIR, "中", "Fair"},
		{41.5, TONE_BAD, "差", "Poor"},
		{(double)NAN, TONE_MUTED, "不予评分", "Not scored"},
	};

	doc_heading(doc, 2, say(doc, "单位排名", "Ranking"), "ranking");
	doc_table(doc, "ranking",
		  say(doc, "各单位得分与指标（主协议族）", "Scores and indicators, primary family"),
		  columns, 9);
	for (size_t i = 0; i < 45; i++) {
		size_t g = i / 9;
		doc_row(doc,
			(struct value[]){
				value_linked(value_text(names[doc->language][i % 6]), "site-1"),
				value_text(say(doc, i % 2 ? "接入" : "城域",
					       i % 2 ? "access" : "metro")),
				value_toned(value_number(grades[g].score - (double)i / 100, 1, ""),
					    grades[g].tone),
				value_toned(value_text(say(doc, grades[g].zh, grades[g].en)),
					    grades[g].tone),
				value_number(99.99 - (double)i / 50, 3, "%"),
				value_number(0.0123 * (double)i, 3, "%"),
				i == 40 ? value_number((double)INFINITY, 1, "ms")
					: value_number(3.456 * (double)(i + 1), 1, "ms"),
				i == 40 ? value_number((double)NAN, 1, "ms")
					: value_number(0.789 * (double)(i + 1), 1, "ms"),
				value_number(100 - (double)i / 3, 1, "%"),
			});
	}
	doc_note(doc, say(doc, "得分先按打印的一位小数四舍五入，再据此定级。“–”表示未测得。",
			  "Grades are read from the printed score. “–” means not measured."));
}

static struct chart *delay_chart(const struct doc *doc, struct period period, nsec step)
{
	static const char *const series[] = {"p50", "p95", "p99"};
	struct chart *chart =
		chart_create(CHART_LINES, say(doc, "往返时延", "Round-trip delay"), "ms", period);
	struct random random = random_seeded(7);

	for (size_t s = 0; s < 3; s++) {
		chart_add_series(chart, series[s]);
		size_t slot = 0;
		for (nsec at = period.from; at < period.until; at += step, slot++) {
			double day =
				sin((double)(at % NSEC_PER_DAY) / (double)NSEC_PER_DAY * 6.2832);
			double value = 8 + 2 * day + (double)s * (3 + 2 * random_unit(&random));
			if (slot % 97 > 90)
				value = (double)NAN;
			if (s == 2 && (slot % 211 == 100 || (slot > 400 && slot < 406)))
				value = (double)INFINITY;
			chart_add_point(chart, s, (struct chart_point){at, at + step, value, 0});
		}
	}
	chart_set_bound(chart, 20, say(doc, "90 分锚点", "90-point anchor"));
	return chart;
}

static struct chart *loss_chart(const struct doc *doc, struct period period)
{
	struct chart *chart =
		chart_create(CHART_COLUMNS, say(doc, "每日丢包率", "Loss by day"), "%", period);
	struct random random = random_seeded(7);
	int day = 0;

	chart_add_series(chart, "IPv4");
	chart_add_series(chart, "IPv6");
	for (nsec at = period.from; at < period.until; at = calendar_next_midnight(at), day++) {
		nsec until = calendar_next_midnight(at);
		double four = day == 12 ? (double)NAN : day == 3 ? 0 : 0.08 * random_unit(&random);
		double six = day == 20 ? 0.31 : 0.05 * random_unit(&random);
		chart_add_point(chart, 0, (struct chart_point){at, until, four, 0});
		chart_add_point(chart, 1, (struct chart_point){at, until, six, 0});
	}
	chart_set_bound(chart, 0.1, "0.1%");
	return chart;
}

static enum verdict verdict_of(size_t lane, size_t slot)
{
	if (slot >= 17000 && slot < 17252)
		return VERDICT_BAD;
	if (slot % 9973 == 5000 + lane)
		return VERDICT_BAD;
	if (slot >= 22000 + lane * 900 && slot < 22600 + lane * 900)
		return VERDICT_PLANNED;
	if (slot >= 30000 && slot < 30700 + lane * 300)
		return VERDICT_UNKNOWN;
	if (slot >= 36000 && slot < 38000 && slot % 3 != 0)
		return VERDICT_DEGRADED;
	if (lane == 3 && slot < 4000)
		return VERDICT_UNSCHEDULED;
	return VERDICT_GOOD;
}

static struct chart *strip_chart(const struct doc *doc, struct period period, size_t lanes)
{
	struct chart *chart =
		chart_create(CHART_STRIP, say(doc, "逐时段状态", "Status by slot"), "", period);

	for (size_t lane = 0; lane < lanes; lane++) {
		size_t slot = 0;
		chart_add_series(chart, names[doc->language][lane]);
		for (nsec at = period.from; at < period.until; at += NSEC_PER_MIN, slot++)
			chart_add_point(chart, lane,
					(struct chart_point){at, at + NSEC_PER_MIN, 0,
							     verdict_of(lane, slot)});
	}
	return chart;
}

static struct chart *histogram_chart(const struct doc *doc, struct period period)
{
	struct chart *chart =
		chart_create(CHART_HISTOGRAM, say(doc, "往返时延分布", "Distribution of the delay"),
			     "%", period);
	double edge = 1e6;

	chart_add_series(chart, "IPv4");
	chart_add_series(chart, "IPv6");
	for (int i = 0; i < 24; i++) {
		double next = edge * 1.25;
		double one = 22 * exp(-pow((i - 9) / 2.5, 2)) + 5 * exp(-pow((i - 18) / 1.5, 2));
		double two = 18 * exp(-pow((i - 11) / 3.0, 2));
		chart_add_point(chart, 0, (struct chart_point){(nsec)edge, (nsec)next, one, 0});
		chart_add_point(chart, 1, (struct chart_point){(nsec)edge, (nsec)next, two, 0});
		edge = next;
	}
	chart_add_point(chart, 0, (struct chart_point){(nsec)edge, NSEC_INFINITE, 1.7, 0});
	chart_set_bound(chart, 20e6, say(doc, "90 分锚点 20 ms", "90 points: 20 ms"));
	return chart;
}

static void add_site(struct doc *doc, struct period period)
{
	const struct column columns[] = {
		{"start", say(doc, "开始", "Start"), ALIGN_START},
		{"end", say(doc, "结束", "End"), ALIGN_START},
		{"duration", say(doc, "时长", "Duration"), ALIGN_END},
		{"cause", say(doc, "原因与证据", "Cause and evidence"), ALIGN_START},
	};

	doc_heading(doc, 1, say(doc, "二、网络质量", "2 Quality"), "quality");
	doc_heading(doc, 2, names[doc->language][2], "site-1");
	doc_chart(doc, "delay", delay_chart(doc, period, NSEC_PER_HOUR));
	doc_chart(doc, "loss", loss_chart(doc, period));
	doc_chart(doc, "status", strip_chart(doc, period, 5));
	doc_chart(doc, "distribution", histogram_chart(doc, period));
	doc_chart(doc, "status_one", strip_chart(doc, period, 1));
	struct period minute = {period.from, period.from + NSEC_PER_MIN};
	doc_chart(doc, "delay_minute", delay_chart(doc, minute, NSEC_PER_SEC));
	doc_chart(doc, "delay_slots", delay_chart(doc, period, NSEC_PER_MIN));
	doc_chart(doc, "nothing",
		  chart_create(CHART_LINES, say(doc, "无数据的图", "A chart without data"), "ms",
			       period));
	doc_heading(doc, 3, say(doc, "中断", "Outages"), "outages");
	doc_table(doc, "outages", say(doc, "本期中断", "Outages of this period"), columns, 4);
	for (int i = 0; i < 3; i++)
		doc_row(doc, (struct value[]){
				     value_text("2026-10-12 19:20"),
				     value_text("2026-10-12 23:32"),
				     value_number(252, 0, say(doc, "分钟", "min")),
				     value_text(i == 0 ? SAMPLE_HOSTILE
						       : say(doc, "上联链路光模块故障，已更换",
							     "Optical module of the uplink")),
			     });
	doc_table(doc, "planned", say(doc, "计划停机", "Planned windows"), columns, 4);
}

static void add_notes(struct doc *doc)
{
	doc_heading(doc, 1, SAMPLE_HOSTILE, "notes");
	for (int i = 0; i < 4; i++) {
		doc_heading(doc, 2, say(doc, "定义与口径", "Definitions"),
			    (const char *[]){"d0", "d1", "d2", "d3"}[i]);
		doc_text(
			doc,
			say(doc,
			    "可用率为“良好”与“劣化”时段之和除以可判定时段；丢失的数据包在排序统计中"
			    "按无穷大计。"
			    "长链接 "
			    "https://example.org/a/very/long/path/without/any/blank/that/must/wrap/"
			    "somewhere/because/the/page/is/narrow 也应换行。",
			    "Availability is the time of good and degraded slots over that of all "
			    "that "
			    "could be judged; a lost packet counts as infinite in order "
			    "statistics. "
			    "https://example.org/a/very/long/path/without/any/blank/that/must/wrap/"
			    "somewhere/because/the/page/is/narrow wraps too."));
	}
}

struct doc *sample_doc(enum language language)
{
	struct doc *doc =
		doc_create(language, language == LANGUAGE_ZH_CN
					     ? "政务外网网络质量月度评估报告"
					     : "Monthly Assessment of the Government Extranet");
	struct period period = october();

	add_cover(doc);
	add_summary(doc);
	add_ranking(doc);
	doc_break(doc);
	add_site(doc, period);
	add_notes(doc);
	return doc;
}
