/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/privilege.h"
#include "collector/base/log.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void fill(struct account *account, const struct passwd *entry)
{
	account->uid = entry->pw_uid;
	account->gid = entry->pw_gid;
	snprintf(account->name, sizeof(account->name), "%s", entry->pw_name);
}

static enum err present_account(const char *name, struct account *out)
{
	const struct passwd *entry = getpwuid(geteuid());
	struct account account = {.uid = geteuid(), .gid = getegid(), .name = "?"};

	if (entry != NULL)
		fill(&account, entry);
	if (name != NULL && strcmp(name, account.name) != 0) {
		fprintf(stderr,
			"only root can become user '%s'; start as root, or leave --user out\n",
			name);
		return E_USAGE;
	}
	*out = account;
	return E_OK;
}

bool privilege_known(const char *name)
{
	return getpwnam(name) != NULL;
}

enum err privilege_account(const char *name, struct account *out)
{
	struct account account = {.change = true};

	if (geteuid() != 0)
		return present_account(name, out);
	const char *wanted = name == NULL ? "netgrade" : name;
	const struct passwd *entry = getpwnam(wanted);
	if (entry == NULL) {
		fprintf(stderr,
			"there is no user '%s' to run as; make it with 'useradd --system "
			"--no-create-home "
			"--shell /usr/sbin/nologin %s', or name another with --user NAME\n",
			wanted, wanted);
		return E_NOT_FOUND;
	}
	fill(&account, entry);
	*out = account;
	return E_OK;
}

static enum err make_parents(const char *path)
{
	char part[PATH_MAX];

	if (strlen(path) >= sizeof(part))
		return E_RANGE;
	for (const char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdir(part, 0755) != 0 && errno != EEXIST) {
			log_error("data", "%s cannot be made: %s", part, strerror(errno));
			return err_from_errno(errno);
		}
	}
	return E_OK;
}

static void name_user(uid_t uid, char *out, size_t size)
{
	const struct passwd *entry = getpwuid(uid);

	if (entry != NULL)
		snprintf(out, size, "%s", entry->pw_name);
	else
		snprintf(out, size, "%u", (unsigned int)uid);
}

/* Whether what is stored there is another user's, whose program may be at work: a directory given
 * away would shut it out. */
static bool is_taken(int fd, const char *path, const struct account *account)
{
	static const char *const files[] = {"store.lock", "spool.db", "archive.db"};
	struct stat status;
	char owner[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (fstatat(fd, files[i], &status, AT_SYMLINK_NOFOLLOW) != 0 ||
		    status.st_uid == account->uid)
			continue;
		name_user(status.st_uid, owner, sizeof(owner));
		log_error("data",
			  "%s belongs to user %s, to judge by %s: write as that one with --user "
			  "%s, or give everything in it to %s first; nothing was changed",
			  path, owner, files[i], owner, account->name);
		return true;
	}
	return false;
}

/* Through a descriptor, so that nobody can put another file in the directory's place. */
static enum err own_directory(const char *path, const struct account *account)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		log_error("data", "%s cannot be opened: %s", path, strerror(errno));
		return err_from_errno(errno);
	}
	if (account->change && is_taken(fd, path, account)) {
		close(fd);
		return E_PERMISSION;
	}
	bool good = fstat(fd, &status) == 0;
	if (good && account->change &&
	    (status.st_uid != account->uid || status.st_gid != account->gid))
		good = fchown(fd, account->uid, account->gid) == 0;
	if (good && (status.st_mode & 0777) != 0700 &&
	    (account->change || status.st_uid == geteuid()))
		good = fchmod(fd, 0700) == 0;
	int number = errno;
	close(fd);
	if (good)
		return E_OK;
	log_error("data", "%s cannot be given to user %s: %s", path, account->name,
		  strerror(number));
	return err_from_errno(number);
}

enum err privilege_make_directory(const char *path, const struct account *account)
{
	/* Parents are passed through by the account, whatever the mask of who started this. */
	mode_t mask = umask(022);
	enum err rc = make_parents(path);
	bool made = rc == E_OK && mkdir(path, 0700) == 0;
	int number = errno;
	(void)umask(mask);
	if (rc != E_OK)
		return rc;
	if (!made && number != EEXIST) {
		log_error("data", "%s cannot be made: %s", path, strerror(number));
		return err_from_errno(number);
	}
	return own_directory(path, account);
}

static bool change_user(const struct account *account)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (!account->change || account->uid == 0)
		return capng_apply(CAPNG_SELECT_CAPS) == 0;
	return capng_change_id((int)account->uid, (int)account->gid, CAPNG_DROP_SUPP_GRP) == 0;
}

enum err privilege_drop(const struct account *account)
{
	if (!change_user(account)) {
		log_error("privilege", "user %s cannot be taken on: %s", account->name,
			  strerror(errno));
		return E_PERMISSION;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		log_error("privilege", "new privileges cannot be ruled out: %s", strerror(errno));
		return E_SYSTEM;
	}
	if (capng_get_caps_process() != 0 ||
	    capng_have_capabilities(CAPNG_SELECT_CAPS) > CAPNG_NONE) {
		log_error("privilege", "capabilities are left after they were given up");
		return E_PERMISSION;
	}
	return E_OK;
}

bool privilege_may_force(void)
{
	return capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN) != 0;
}

void privilege_explain_refusal(void)
{
	fprintf(stderr,
		"raw sockets are refused; start as root, or give the program the capability "
		"with 'setcap cap_net_raw,cap_net_admin+ep'\n");
}

enum err privilege_by_hand(const char *name, struct account *out)
{
	if (name == NULL && geteuid() == 0)
		name = privilege_known("netgrade") ? "netgrade" : "nobody";
	return privilege_account(name, out);
}
