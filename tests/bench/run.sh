#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets netgrade beside its peers, in one run on one machine: installs the peers, makes a release
# build, runs the benches. For Debian 12, as root; at most 15 minutes on two cores.
set -u

usage() {
	cat <<'TEXT'
Usage: sh tests/bench/run.sh [NAME...] [--help]

Prints a table: what, ours, the peer's, the ratio, the goal, whether it is reached. A goal that is
missed is no failure; the exit code is 1 only if a bench could not run.
  cpu       CPU per probe beside fping and scamper, through the link emulator
  timing    error of the round trip against a capture, beside fping, irtt and ping
  ceiling   the highest paced rate without false loss, beside fping and scamper
  scale     memory per series and CPU per probe at 1,000, 10,000 and 100,000 series
  store     CPU per slot beside two rrd_update_r
  tcp       CPU per TCP probe beside blackbox_exporter
  http      CPU per visit over HTTPS and HTTP beside blackbox_exporter
  dns       CPU per DNS query beside blackbox_exporter and c-ares
  report    CPU of a report for each path at 10, 100 and 1,000 paths
With QUICK=1 in the environment: a smoke version of four minutes that judges nothing.
TEXT
}

case ${1-} in
--help | -h)
	usage
	exit 0
	;;
-*)
	usage >&2
	exit 2
	;;
esac

cd "$(dirname "$0")/../.." || exit 1
. ./config/packages.sh
BENCH_PACKAGES="fping scamper irtt tcpdump iputils-ping iproute2 util-linux
prometheus-blackbox-exporter nginx-light openssl unbound libc-ares-dev"
logs=$(pwd)/build-logs
mkdir -p "$logs" || exit 1

fail() { # MESSAGE LOG
	echo "tests/bench/run.sh: $1; the end of $2:" >&2
	tail -n 20 "$2" >&2
	exit 1
}

[ "$(id -u)" -eq 0 ] || {
	echo "tests/bench/run.sh: run it as root: it installs packages and makes network namespaces" >&2
	exit 1
}
missing=$(missing_packages "$BUILD_PACKAGES $RUN_PACKAGES $BENCH_PACKAGES")
if [ -n "$missing" ]; then
	install_packages "$missing" "$logs/bench-apt.log" ||
		fail "the packages could not be installed" "$logs/bench-apt.log"
fi
ensure_user >"$logs/bench-user.log" 2>&1 || fail "no user netgrade" "$logs/bench-user.log"
[ -d /run/netns ] || mkdir -p /run/netns

if [ ! -f build-bench/build.ninja ]; then
	CC=gcc meson setup build-bench -Dbuildtype=release >"$logs/bench-build.log" 2>&1 </dev/null ||
		fail "the build could not be prepared" "$logs/bench-build.log"
fi
ninja -C build-bench >>"$logs/bench-build.log" 2>&1 </dev/null ||
	fail "the build failed" "$logs/bench-build.log"

quick=
[ "${QUICK:-0}" = 0 ] || quick=--quick
# shellcheck disable=SC2086
exec python3 -B tests/bench/bench.py --build build-bench $quick "$@"
