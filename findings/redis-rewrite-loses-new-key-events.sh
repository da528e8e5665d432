#!/usr/bin/env bash
# redis-server 7.0.15 (Debian 12's package): CONFIG REWRITE loses the n of notify-keyspace-events where A is set, too.
#
# A stands for all events but those of new keys (n) and of missed ones (m), so who wants new keys as well writes "KEAn". CONFIG SET
# takes it, and the event "new" comes. But CONFIG GET answers "AKE", and CONFIG REWRITE writes that: after a restart the server
# tells "set" and no "new" any more. Without A the n is shown ("nKE").
#
# Seen:
#   set to KEAn: shown as AKE, told: new set; rewritten as AKE, told after a restart: set
#   set to KEn: shown as nKE
set -euo pipefail
folder=$(mktemp -d)
port=$((20000 + $$ % 10000))
trap '"$folder"/root/usr/bin/redis-cli -p "$port" shutdown nosave >"$folder"/end 2>&1 || true; rm -rf "$folder"' EXIT
cd "$folder"

apt-get download redis-server redis-tools libjemalloc2 liblua5.1-0 liblzf1 lua-cjson lua-bitop >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(find root/usr/lib -name '*.so*' -printf '%h\n' | sort -u | sed "s#^#$folder/#" | paste -sd:)
export LD_LIBRARY_PATH
server=$(readlink -f root/usr/bin/redis-check-rdb)
ln -s "$server" redis-server
./redis-server --version | grep -q 'v=7\.0\.15 ' || { echo 'this is another version of Redis'; exit 1; }

cli() { root/usr/bin/redis-cli -p "$port" "$@"; }
start() {
	./redis-server redis.conf --port "$port" --dir "$folder" >>log 2>&1 &
	until [ "$(cli ping 2>&1)" = PONG ]; do sleep 0.1; done
}
told() { # KEY: the events that making it brings
	cli --csv psubscribe '__keyevent@0__:*' >events 2>/dev/null &
	reader=$!
	until [ "$(cli pubsub numpat)" = 1 ]; do sleep 0.1; done
	cli set "$1" 1 >/dev/null
	until grep -q ':set"' events; do sleep 0.1; done
	kill "$reader"
	wait "$reader" 2>/dev/null || true
	sed -nE 's/.*__keyevent@0__:([a-z]+)".*/\1/p' events | paste -sd' '
}
shown() { cli config get notify-keyspace-events | tail -n 1; }

touch redis.conf
start
cli config set notify-keyspace-events KEn >/dev/null
alone=$(shown)
cli config set notify-keyspace-events KEAn >/dev/null
together=$(shown)
before=$(told one)
cli config rewrite >/dev/null
written=$(sed -nE 's/^notify-keyspace-events "(.*)"$/\1/p' redis.conf)
cli shutdown nosave >/dev/null 2>&1
wait
start
after=$(told two)

echo "set to KEAn: shown as $together, told: $before; rewritten as $written, told after a restart: $after"
echo "set to KEn: shown as $alone"
[ "$together/$before/$written/$after/$alone" = 'AKE/new set/AKE/set/nKE' ] || { echo 'this has changed'; exit 1; }
