#!/bin/sh
# Installs what the tests run beside Python packages and jars; without the right to, says in one line what is missing.
# No service is started by the installation: the tests start what they need on ports and folders of their own.
set -eu
PATH="$PATH:/usr/sbin"
missing=""
for each in chromium:chromium prometheus:promtool mariadb-server:mariadbd; do
  command -v "${each#*:}" >/dev/null || missing="$missing ${each%%:*}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "the tests need these packages of the system:$missing; install them and run make test again" >&2
  exit 1
fi
echo "installing for the tests:$missing"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
