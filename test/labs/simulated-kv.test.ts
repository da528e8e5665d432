import {testRowsSimulated} from './test-rows.js';

testRowsSimulated(({type}) => type === 'kv');
