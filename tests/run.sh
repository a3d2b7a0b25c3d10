#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what the tests need, builds with gcc, clang and the sanitizers, runs every test. For
# Debian 12, as root. The last line printed is "N passed, N failed" (", N skipped").
set -u

usage() {
	cat <<'TEXT'
Usage: sh tests/run.sh [--long NAME] [--help]

Without an option: everything, in under 25 minutes on two cores. The exit code is 0 only if nothing failed.
  --long fuzz   each fuzz target, or those in TARGETS, under libFuzzer for RUNS inputs (environment;
                1000000)
  --long kills  the store killed 200 times, at least 50 times inside an update of its files, compared
                with a replay never killed
  --long growth a file killed 200 times while it grows, at least 50 times inside the work
  --long headers    10,000 series files with changed headers, cut short or of something else
  --long disk-full  a disk that is full for ten minutes
  --long seeds  stored counts against the link emulator's log, SEEDS (10) seeds, idle and with all
                cores saturated; each round trip against a capture and the log
  --long months the months of tests/sim with slots of 60 s, SEEDS (3) seeds; percentiles of eight
                months of each kind, interval and number of packets
  --long city   three months of 16 districts of 20 sites, both families, slots of 60 s: at most 10
                minutes on two cores; takes 6 GB of disk
  --long scale  10,000 targets in both families stored for MINUTES (10), then fping beside it
  --long services   3,000 sites (SITES) in both families by ICMP, TCP, DNS and HTTPS, each with a website
                of its own, for MINUTES (10), against the emulator's and the servers' logs; then for two
                with a fifth of the sites dark; takes 5 GB
TEXT
}

cd "$(dirname "$0")/.." || exit 1
top=$(pwd)
. "$top/config/packages.sh"
TEST_PACKAGES="clang clang-format libclang-rt-14-dev iproute2 nftables util-linux fping chromium
fonts-noto-cjk openssl nginx-light unbound"

passed=0 failed=0 skipped=0
started=$(date +%s)

say() {
	printf '[%3d s] %s\n' $(($(date +%s) - started)) "$*"
}

finish() {
	if [ "$skipped" -gt 0 ]; then
		printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	else
		printf '%d passed, %d failed\n' "$passed" "$failed"
	fi
	[ "$failed" -eq 0 ] || exit 1
	exit 0
}

# A step that the tests need; on failure it counts as one failed case and shows its log's end.
step() { # NAME LOG COMMAND...
	name=$1 log=$2
	shift 2
	say "$name"
	"$@" >>"$log" 2>&1 </dev/null && return 0
	failed=$((failed + 1))
	say "failed: $name; the end of $log:"
	tail -n 40 "$log"
	return 1
}

prepare() {
	[ "$(id -u)" -eq 0 ] || {
		echo "tests/run.sh: run it as root: it installs packages and makes network namespaces" >&2
		exit 1
	}
	missing=$(missing_packages "$BUILD_PACKAGES $RUN_PACKAGES $TEST_PACKAGES")
	if [ -n "$missing" ]; then
		step "installing $missing" "$logs/apt.log" install_packages "$missing" "$logs/apt.log" || finish
	fi
	step "the user netgrade" "$logs/user.log" ensure_user || finish
	# The net tests say themselves what they lack; here only what can be mended.
	[ -e /dev/net/tun ] || { mkdir -p /dev/net && mknod -m 600 /dev/net/tun c 10 200; } 2>/dev/null
	[ -d /run/netns ] || mkdir -p /run/netns
}

configure() { # FOLDER COMPILER OPTION...
	folder=$1 compiler=$2
	shift 2
	if [ -f "$folder/build.ninja" ]; then
		return 0
	fi
	CC=$compiler meson setup "$folder" "$@"
}

build() { # FOLDER COMPILER OPTION...
	folder=$1
	configure "$@" && ninja -C "$folder"
}

# Runs suites of a build and adds their cases to the sums.
test_build() { # FOLDER LABEL PROCESSES OPTION...
	folder=$1 label=$2 processes=$3
	shift 3
	say "tests: $label"
	rm -f "$folder/meson-logs/$label.junit.xml" "$folder/meson-logs/$label.json"
	meson test -C "$folder" --no-rebuild --num-processes "$processes" --logbase "$label" --print-errorlogs "$@" \
		</dev/null 2>&1 | grep -vE '^(ninja: |Full log|$)'
	result=$(python3 -B "$top/tests/count.py" "$folder/meson-logs/$label")
	set -- $result
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
	say "$label: $1 passed, $2 failed, $3 skipped"
}

# As many processes as there are cores share the inputs; each keeps a log of its own.
fuzz_target() { # NAME
	(cd "$found" && "$top/build-fuzz/tests/fuzz/fuzz_$1" -runs=$(((runs + workers - 1) / workers)) \
		-jobs="$workers" -workers="$workers" -timeout=20 -artifact_prefix="$found/" corpus \
		"$top/tests/fuzz/corpus/$1")
}

fuzz_long() {
	runs=${RUNS:-1000000}
	step "building with libFuzzer" "$logs/build-fuzz.log" build build-fuzz clang \
		-Dc_args=-fsanitize=fuzzer-no-link -Db_sanitize=address,undefined -Db_lundef=false || finish
	# Freed memory is kept from use for a while only: filling 256 MB with it again and again took
	# nearly half of the time.
	export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=3
	workers=$(nproc)
	for name in ${TARGETS:-$(ls tests/fuzz/corpus)}; do
		target=fuzz_$name
		found=$logs/$target
		mkdir -p "$found/corpus"
		rm -f "$found"/fuzz-*.log
		step "$target, $runs inputs" "$logs/$target.log" fuzz_target "$name" && passed=$((passed + 1))
		grep -h '^Done ' "$found"/fuzz-*.log
	done
	finish
}

# A unit test in its long form.
unit_long() { # TEST WORDS LOG
	step "building with gcc" "$logs/build.log" build build gcc || finish
	NETGRADE_LONG=1 step "$2" "$logs/$3.log" "build/tests/unit/$1" && passed=$((passed + 1))
	grep -h '^# ' "$logs/$3.log"
	finish
}

# Scenarios of the net tests that take too long for every day; tells what they measured.
net_long() { # FILE SCENARIO...
	file=$1
	shift
	step "building with gcc" "$logs/build.log" build build gcc || finish
	for scenario; do
		say "$file $scenario"
		log=$logs/$file-$scenario.log
		python3 -B "tests/net/test_$file.py" "$scenario" --emulator build/tests/net/emulator \
			--collector build/collector/netgrade-collector --slots build/tests/net/slots \
			2>&1 | tee "$log" | grep -v '^ok '
		passed=$((passed + $(grep -c '^ok ' "$log")))
		failed=$((failed + $(grep -c '^not ok ' "$log")))
		# Without its plan it did not come to its end.
		grep -q '^1\.\.' "$log" || failed=$((failed + 1))
	done
}

everything() {
	step "building with gcc" "$logs/build.log" build build gcc || finish
	step "building with clang" "$logs/build-clang.log" build build-clang clang
	step "building with the sanitizers" "$logs/build-sanitized.log" build build-sanitized gcc \
		-Db_sanitize=address,undefined
	# Network tests have the machine to themselves: what they measure is time. They mostly wait.
	test_build build plain 3 --no-suite net
	test_build build plain-net 4 --suite net
	if [ -f build-sanitized/build.ninja ]; then
		test_build build-sanitized sanitized 3 --timeout-multiplier 3 --suite unit --suite golden \
			--suite fuzz
		test_build build-sanitized sanitized-net 4 --timeout-multiplier 3 --suite net
	fi
	finish
}

# Prints what the program measured of itself.
city_long() {
	step "building with gcc" "$logs/build.log" build build gcc || finish
	say "city"
	python3 -B tests/sim/city.py build/collector/netgrade-collector 2>&1 | tee "$logs/city.log"
	passed=$((passed + $(grep -c '^ok ' "$logs/city.log")))
	failed=$((failed + $(grep -c '^not ok ' "$logs/city.log")))
	grep -q '^1\.\.' "$logs/city.log" || failed=$((failed + 1))
	finish
}

months_long() {
	step "building with gcc" "$logs/build.log" build build gcc || finish
	seed=0
	while [ $((seed += 1)) -le "${SEEDS:-3}" ]; do
		step "months, seed $seed" "$logs/months-$seed.log" python3 -B tests/sim/test_months.py \
			build/collector/netgrade-collector build/reporter/netgrade-reporter build/tests/sim/paths \
			--interval 60s --seed "$seed" && passed=$((passed + 1))
	done
	NETGRADE_LONG=1 step "percentiles of many months" "$logs/percentiles.log" \
		build/tests/sim/test_percentiles && passed=$((passed + 1))
	grep -h '^# .*packets:' "$logs/percentiles.log"
	finish
}

long=
case ${1-} in
"") ;;
--long)
	long=${2-}
	case $long in
	fuzz | kills | growth | headers | disk-full | seeds | scale | services | months | city) ;;
	*)
		echo "tests/run.sh: --long knows: fuzz, kills, growth, headers, disk-full, seeds, scale, services, months, city" >&2
		exit 2
		;;
	esac
	;;
--help | -h)
	usage
	exit 0
	;;
*)
	usage >&2
	exit 2
	;;
esac

logs=$top/build-logs
rm -rf "$logs" && mkdir -p "$logs" || exit 1
prepare
case $long in
fuzz) fuzz_long ;;
kills) unit_long test_store_crash "200 kills" kills ;;
growth) unit_long test_growth "200 kills of growing files" growth ;;
headers) unit_long test_store_headers "10,000 headers" headers ;;
disk-full) unit_long test_store_full "ten minutes of a full disk" disk-full ;;
seeds)
	net_long seeds every
	net_long exact idle saturated stopped
	finish
	;;
scale)
	net_long scale scale
	finish
	;;
services)
	net_long services services dark
	finish
	;;
city) city_long ;;
months) months_long ;;
*) everything ;;
esac
