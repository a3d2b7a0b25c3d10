#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From a bare Debian 12 to a measured report: installs what is missing, builds, measures this
# machine's loopback for one minute, prints the points and where the report is.
set -u

usage() {
	cat <<'TEXT'
Usage: sh config/quickstart.sh [--gateway | --demo] [--help]
用法：sh config/quickstart.sh [--gateway | --demo] [--help]

Installs, builds, measures for one minute, prints a score table and the path of the report.
Without an option packets go to this machine's loopback only.
安装、编译、测量一分钟，打印得分表和报告路径。不加选项时只向本机环回地址发送数据包。

  --gateway  also measure the default gateway and the resolver   同时测量默认网关和域名解析服务器
  --demo     measure nothing: simulate three months of a city of sixteen districts, report the last
             不做测量：模拟一个十六区城市的三个月，生成最后一个月的报告
  --help     this text                                           显示本说明
TEXT
}

STEPS=6
trial=/var/lib/netgrade/trial
number=0
began=$(date +%s)

step() {
	number=$((number + 1))
	printf '\n[%d/%d, %d s] %s\n' "$number" "$STEPS" $(($(date +%s) - began)) "$1"
	printf '      %s\n' "$2"
}

fail() { # MESSAGE 中文 [LOG]
	printf '\nquickstart: %s\n            %s\n' "$1" "$2" >&2
	if [ -n "${3-}" ] && [ -s "$3" ]; then
		printf 'The end of %s:\n' "$3" >&2
		tail -n 15 "$3" >&2
	fi
	exit 1
}

check_machine() {
	step "checking this machine" "检查运行环境"
	[ "$(id -u)" -eq 0 ] ||
		fail "run it as root: it installs packages and opens raw sockets" "请以 root 身份运行：需要安装软件包并使用原始套接字"
	version=$(sed -n 's/^VERSION_ID="\{0,1\}\([0-9]*\).*/\1/p' /etc/os-release 2>/dev/null)
	system=$(sed -n 's/^ID=//p' /etc/os-release 2>/dev/null)
	[ "$system" = debian ] && [ "${version:-0}" -ge 12 ] ||
		fail "this needs Debian 12 or later; here is ${system:-an unknown system} ${version:-}" "需要 Debian 12 或更高版本"
	mkdir -p "$trial" || fail "cannot make $trial" "无法创建目录 $trial"
}

install() {
	step "installing what is missing" "安装缺少的软件包"
	missing=$(missing_packages "$BUILD_PACKAGES $RUN_PACKAGES")
	if [ -z "$missing" ]; then
		echo "      nothing is missing"
		return
	fi
	echo "      $missing" | fold -s -w 96 | sed '2,$s/^/      /'
	install_packages "$missing" "$trial/install.log" ||
		fail "the packages could not be installed; is the package mirror reachable?" "软件包安装失败，请检查软件源" "$trial/install.log"
}

build() {
	step "building (a minute or two the first time)" "编译（首次约需一两分钟）"
	if [ ! -f build/build.ninja ]; then
		CC=gcc meson setup build --buildtype=release >"$trial/build.log" 2>&1 </dev/null ||
			fail "the build could not be prepared" "编译配置失败" "$trial/build.log"
	fi
	ninja -C build collector/netgrade-collector reporter/netgrade-reporter >>"$trial/build.log" 2>&1 </dev/null ||
		fail "the build failed" "编译失败" "$trial/build.log"
}

prepare() {
	step "preparing the user netgrade and its data folder" "准备系统用户 netgrade 和数据目录"
	ensure_user || fail "the user netgrade could not be made" "无法创建系统用户 netgrade"
	chown netgrade:netgrade /var/lib/netgrade "$trial" && chmod 0700 /var/lib/netgrade "$trial" ||
		fail "$trial could not be given to netgrade" "无法设置目录 $trial 的属主"
	configuration=config/examples/this-machine.yaml
	if [ "$gateway" = yes ]; then
		write_configuration
	fi
	build/collector/netgrade-collector check "$configuration" >"$trial/check.log" 2>&1 ||
		fail "the configuration $configuration is refused" "配置文件未通过检查" "$trial/check.log"
	echo "      $configuration"
}

# The default gateways from the kernel's routing tables, without needing any tool.
gateway_ipv4() {
	hex=$(awk '$2 == "00000000" && $3 != "00000000" { print $3; exit }' /proc/net/route)
	[ -n "$hex" ] || return 0
	# The table holds the address with its octets reversed.
	printf '%d.%d.%d.%d\n' "0x$(echo "$hex" | cut -c7-8)" "0x$(echo "$hex" | cut -c5-6)" \
		"0x$(echo "$hex" | cut -c3-4)" "0x$(echo "$hex" | cut -c1-2)"
}

gateway_ipv6() {
	# Link-local gateways need an interface beside the address, which a site cannot have.
	awk '$1 ~ /^0+$/ && $2 == "00" && $5 !~ /^(0+$|fe80)/ { print $5; exit }' /proc/net/ipv6_route 2>/dev/null |
		sed 's/..../&:/g; s/:$//'
}

# Adds a site to a list in YAML unless both of its addresses are empty or known already.
site() { # NAME 中文 ENGLISH IPV4 IPV6
	[ -n "$4$5" ] || return 0
	printf '  - name: %s\n    organisation: %s\n    zh: %s\n    en: %s\n    tier: access\n' \
		"$1" "$organisation" "$2" "$3"
	[ -z "$4" ] || printf '    ipv4: %s\n' "$4"
	[ -z "$5" ] || printf '    ipv6: "%s"\n' "$5"
}

write_configuration() {
	organisation=$(sed -n 's/.*name: *\([a-z0-9-]*\).*/\1/p' "$configuration" | head -n 1)
	ipv4=$(gateway_ipv4) ipv6=$(gateway_ipv6)
	resolver4=$(awk '$1 == "nameserver" && $2 ~ /^[0-9.]+$/ && $2 !~ /^127\./ { print $2; exit }' /etc/resolv.conf)
	resolver6=$(awk '$1 == "nameserver" && $2 ~ /^[0-9a-fA-F:]+$/ && $2 != "::1" { print $2; exit }' /etc/resolv.conf)
	[ "$resolver4" != "$ipv4" ] || resolver4=
	{
		site gateway 默认网关 "Default gateway" "$ipv4" "$ipv6"
		site resolver 域名解析服务器 Resolver "$resolver4" "$resolver6"
	} >"$trial/sites"
	[ -s "$trial/sites" ] ||
		echo "      no default gateway and no resolver found: only the loopback is measured"
	sed "/^sites:/r $trial/sites" "$configuration" >"$trial/netgrade.yaml" && rm "$trial/sites" ||
		fail "$trial/netgrade.yaml could not be written" "无法写入配置文件"
	configuration=$trial/netgrade.yaml
}

measure() {
	step "measuring for one minute" "测量一分钟"
	zone=$(build/collector/netgrade-collector check "$configuration" --print |
		sed -n 's/^time-zone: *"\{0,1\}\([A-Za-z0-9_+/-]*\).*/\1/p')
	from=$(TZ=$zone date +%Y-%m-%dT%H:%M:%S)
	build/collector/netgrade-collector run "$configuration" --for 60s ||
		fail "the measurement failed" "测量失败"
	to=$(TZ=$zone date +%Y-%m-%dT%H:%M:%S)
}

# One report in a language; its HTML file's path goes to standard output.
write_report() {
	build/reporter/netgrade-reporter report --trial --config "$configuration" --from "$from" --to "$to" \
		--lang "$1" --out "$trial/report" >"$trial/report.log" 2>&1 ||
		fail "the report could not be written" "报告生成失败" "$trial/report.log"
	grep '\.html$' "$trial/report.log"
}

report() {
	step "writing the report" "生成报告"
	build/reporter/netgrade-reporter score --trial --config "$configuration" --from "$from" --to "$to" \
		--lang "$language" ||
		fail "the score could not be computed" "评分失败"
	chinese=$(write_report zh-CN) && english=$(write_report en) || exit 1
}

# Slots of five minutes and four sites a district: made within seconds.
simulate() {
	step "simulating three months of a city that does not exist" "模拟一个虚构城市的三个月"
	configuration=config/examples/sixteen-districts.yaml
	rm -rf "$trial/data"
	build/collector/netgrade-collector simulate config/examples/sixteen-districts-story.yaml \
		--into "$trial/data" || fail "the simulation failed" "模拟失败"
}

demo_report() {
	step "writing the report of its last month" "生成最后一个月的报告"
	for demo_language in zh-CN en; do
		build/reporter/netgrade-reporter report --config "$configuration" --data "$trial/data" \
			--month 2026-09 --lang "$demo_language" --out "$trial/report" >"$trial/report.log" 2>&1 ||
			fail "the report could not be written" "报告生成失败" "$trial/report.log"
		grep -v '\.json$' "$trial/report.log"
	done
	cat <<TEXT

What happened in the city stands in config/examples/sixteen-districts-story.yaml: read the report
first, then compare. 城市里发生的事写在 config/examples/sixteen-districts-story.yaml 中，可先读报告，再作对照。
Done in $(($(date +%s) - began)) s. 完成。
TEXT
}

next_steps() {
	here=$(pwd)
	cat <<TEXT

The report 报告:
  中文     $chinese
  English  $english
  Open it in a browser; the same figures are beside it as JSON.
  用浏览器打开；同一目录下的 JSON 文件含有同样的数据。

What to do next 下一步:
  1. Copy config/examples/city.yaml and write your sites and tests into the copy.
     复制 config/examples/city.yaml，填写本单位的站点和测试项目。
  2. Check it until nothing is wrong 检查配置，直到没有错误:
     $here/build/collector/netgrade-collector check FILE
  3. Measure 开始测量:
     $here/build/collector/netgrade-collector run FILE
     As a service 作为系统服务:
     meson install -C build; copy FILE to 复制到 /etc/netgrade/netgrade.yaml
     systemctl daemon-reload && systemctl enable --now netgrade-collector
  4. Write a month's report 生成月度报告:
     $here/build/reporter/netgrade-reporter report --config FILE --month $(date +%Y-%m)
Done in $(($(date +%s) - began)) s. 完成。
TEXT
}

gateway=no demo=no
for word in "$@"; do
	case $word in
	--gateway) gateway=yes ;;
	--demo)
		demo=yes STEPS=5
		trial=/var/lib/netgrade/demo
		;;
	--help | -h)
		usage
		exit 0
		;;
	*)
		printf 'quickstart: unknown option %s (see --help)\n' "$word" >&2
		exit 2
		;;
	esac
done
case ${LANG-} in
en*) language=en ;;
*) language=zh-CN ;;
esac

cd "$(dirname "$0")/.." || exit 1
. ./config/packages.sh
check_machine
install
build
if [ "$demo" = yes ]; then
	simulate
	demo_report
	exit 0
fi
prepare
measure
report
next_steps
