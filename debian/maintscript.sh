# shellcheck shell=sh disable=SC2034
# maintscript.sh: what the maintainer scripts of palmares share
#
# Sourced behind debconf's confmodule, so nothing goes to standard output. What
# fails here is told, and is no failure of the package: palmaresd waits for its
# database and says so, whereas a package that is not configured keeps apt from
# everything else on the host, and dpkg could mend nothing.

PALMARES_STATE=/var/lib/palmares
# There while the database is not set up: the version to do it from, for
# dbconfig-common; empty for the first time.
PALMARES_PENDING=$PALMARES_STATE/database-pending
PALMARES_SITE_PENDING=$PALMARES_STATE/nginx-site-pending
# The site is on, as far as the package knows.
PALMARES_SITE_ENABLED=$PALMARES_STATE/nginx-site-enabled
PALMARES_SITE=/etc/nginx/sites-enabled/palmares
PALMARES_SITE_FILE=/etc/nginx/sites-available/palmares
PALMARES_CONF=/etc/palmares/database.conf
PALMARES_DBC_CONF=/etc/dbconfig-common/palmares.conf
PALMARES_BACKUPS=/var/cache/dbconfig-common/backups
PALMARES_README=/usr/share/doc/palmares/README.Debian.gz

palmares_tls=off
palmares_tls_ca=

# palmares_say TEXT...: each a line
palmares_say() {
	printf 'palmares: %s\n' "$@" >&2
}

# palmares_quote TEXT: what a program said, but for its progress
palmares_quote() {
	printf '%s\n' "$1" | sed -e '/: statement [0-9]* of [0-9]*$/d' \
		-e 's/^palmaresctl: //' -e 's/^/palmares:   /' >&2
}

# palmares_read_tls: what the debconf answers say of TLS
palmares_read_tls() {
	db_get palmares/mysql/method || RET=
	[ "$RET" = TCP/IP ] || return 0
	db_get palmares/database-tls
	palmares_tls=${RET:-off}
	db_get palmares/database-tls-ca
	palmares_tls_ca=$RET
}

# dbconfig-common calls these two by name, and knows nothing of TLS.
mysql() {
	palmares_client mysql "$@"
}

# Its backups are of one moment, and no event waits for them; palmaresctl(1),
# "BACKUPS BY HAND".
mysqldump() {
	palmares_defaults=$1
	shift
	palmares_client mysqldump "$palmares_defaults" --single-transaction \
		--quick --skip-lock-tables --hex-blob \
		--default-character-set=utf8mb4 --max-allowed-packet=1G "$@"
}

# palmares_client PROGRAM --defaults-file=FILE ARGUMENT...
palmares_client() {
	palmares_program=$1 palmares_defaults=$2
	shift 2
	# Clients from 11.4 on want TLS and a certificate that is valid.
	case $palmares_tls in
	off) set -- --skip-ssl "$@" ;;
	required) set -- --ssl --skip-ssl-verify-server-cert "$@" ;;
	verify)
		set -- --ssl-verify-server-cert "$@"
		[ -z "$palmares_tls_ca" ] ||
			set -- "--ssl-ca=$palmares_tls_ca" "$@"
		;;
	esac
	command "$palmares_program" "$palmares_defaults" "$@"
}

# palmares_ctl ARGUMENT...: as the user that palmaresd runs as, whom MariaDB may
# know
palmares_ctl() {
	runuser -u palmares -- palmaresctl "$@" >&2
}

# palmares_invoke ACTION: of the daemon; the socket stays as it is, and keeps
# the requests that come meanwhile
palmares_invoke() {
	[ -d /run/systemd/system ] || return 0
	systemctl --system daemon-reload >/dev/null || :
	deb-systemd-invoke "$1" palmares.service >/dev/null || :
}
