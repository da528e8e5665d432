import {testRows} from './test-rows.js';

testRows(row => ['2B'].includes(row.part));
