import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {testRows} from './test-rows.js';

const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-labs-'));
test.after.always(() => rmSync(directory, {recursive: true, force: true}));

// Every write is synced here; elsewhere the rows run on files that never are.
testRows(row => row.id === 'TestSnapshotSize3B', {directory});
