import {testRows} from './test-rows.js';

testRows(row => ['3A', '3B'].includes(row.part));
