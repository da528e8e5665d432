/** Of node-redis' specs, leaves out those for servers that a port is none of; in one `describe` they would take others along. */
import {createRequire} from 'node:module';
import path from 'node:path';

declare const it: {skip(title: string): void};

/** The module that the specs import by its name. */
const testUtils = path.resolve('../test-utils');
const require = createRequire(import.meta.url);
const {default: TestUtils} = require(testUtils) as {default: {prototype: Record<string, unknown>}};
const others = Object.getOwnPropertyNames(TestUtils.prototype).filter(name =>
	/^test.*(?:Cluster|Sentinel|Tls|Proxied)/.test(name),
);
if (others.length === 0) throw new Error("node-redis' test-utils are not as they were");
for (const name of others) TestUtils.prototype[name] = (title: string): void => it.skip(title);
