import {testRows} from './test-rows.js';

testRows(row => ['2A'].includes(row.part));
