#!/usr/bin/env bash
# npm 11.19.1: npm install writes a lock file that npm ci refuses; npm 10.9.4 takes the same lock file.
#
# When a registry does not have the version that an optional dependency asks for, npm install leaves the dependency out
# without a word, of the lock file as well, and succeeds. npm 11's npm ci then says that the lock file does not fit
# package.json, and advises "npm install", which changes nothing. So one optional dependency of a dependency that a registry
# lacks (a mirror, say) breaks the builds of everybody who uses npm ci. Here it is a package that exists (picocolors,
# 1.1.1), in a version that does not.
#
# Seen:
#   npm 10.9.4 install: status 0, nothing about picocolors; ci: status 0
#   npm 11.19.1 install: status 0, nothing about picocolors; ci: status 1, Missing: picocolors@ from lock file
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >expected <<'OUTPUT'
npm 10.9.4 install: status 0, nothing about picocolors
npm 10.9.4 ci: status 0
npm 11.19.1 install: status 0, nothing about picocolors
npm 11.19.1 ci: status 1, Missing: picocolors@ from lock file
OUTPUT

run() { # VERSION COMMAND WORDS
	local status=0
	(cd "with-$1" && node "$folder/npm-$1/node_modules/npm/bin/npm-cli.js" "$2" --no-audit --no-fund) >log 2>&1 || status=$?
	echo "npm $1 $2: status $status$(sed -n 's/^npm error \(Missing: .*\)/, \1/p' log)$3"
}
for version in 10.9.4 11.19.1; do
	npm install --silent --no-save --no-audit --no-fund --prefix "npm-$version" "npm@$version"
	mkdir "with-$version"
	echo '{"name":"example","version":"1.0.0","private":true,"optionalDependencies":{"picocolors":"^999.0.0"}}' >"with-$version/package.json"
	run "$version" install ', nothing about picocolors'
	! grep -q picocolors log || { echo 'this has changed'; exit 1; }
	run "$version" ci ''
done | tee seen
diff expected seen || { echo 'this has changed'; exit 1; }
