import {testRows} from './test-rows.js';

// The same rows with the KV server of each node on a thread of its own: actors do not care where they live.
testRows(row => ['3A', '3B'].includes(row.part), {kvThread: true});
