# SPDX-License-Identifier: GPL-3.0-or-later
# What Debian 12 must have before netgrade can be built and run; sourced by config/quickstart.sh and
# tests/run.sh. POSIX sh.

BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config python3 libpcap-dev librrd-dev libyaml-dev
libuv1-dev libsqlite3-dev libjansson-dev libcap-ng-dev libgnutls28-dev libcurl4-openssl-dev libldns-dev
libidn2-dev libssl-dev libcmocka-dev scdoc"
# Without ca-certificates no HTTPS server is believed that alarms are posted to.
RUN_PACKAGES="tzdata ca-certificates"

# The packages of a list that are not installed, on one line.
missing_packages() {
	for package in $1; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

# Installs packages; the lists are fetched only if apt does not know one of them. $2: the log.
install_packages() {
	for package in $1; do
		if ! apt-cache show "$package" >/dev/null 2>&1; then
			DEBIAN_FRONTEND=noninteractive apt-get -q -y update >>"$2" 2>&1 || return 1
			break
		fi
	done
	# Lists may be old: then the archive no longer has what they name, and a second try helps.
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $1 >>"$2" 2>&1 </dev/null ||
		{
			DEBIAN_FRONTEND=noninteractive apt-get -q -y update >>"$2" 2>&1 &&
				DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $1 >>"$2" 2>&1 </dev/null
		}
}

# The user that the collector becomes once its sockets are open.
ensure_user() {
	getent passwd netgrade >/dev/null && return 0
	useradd --system --user-group --home-dir /var/lib/netgrade --no-create-home \
		--shell /usr/sbin/nologin netgrade
}
