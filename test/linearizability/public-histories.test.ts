import {check} from '../../src/linearizability/check.js';
import {parseHistory} from '../../src/linearizability/formats/format.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {needing} from '../needs.js';
import {historiesMissing, publicHistories, type PublicHistory} from './public-histories.js';

const histories = publicHistories();
const historiesTest = needing(historiesMissing);

function withHistories(title: string, run: (history: PublicHistory) => string | undefined): void {
	historiesTest(title, t => {
		t.true(histories.length > 0);
		t.log(`${histories.length} histories`);
		t.deepEqual(
			histories.map(run).filter(problem => problem !== undefined),
			[],
		);
	});
}

for (const engine of ['wgl', 'jit'] as const) {
	withHistories(`${engine} judges the public Jepsen and lab histories as Porcupine does`, ({name, text, verdict}) => {
		const {model, initial, history} = parseHistory(text);
		const result = check(history, {model: kvModel(model, {initial, chain: false}), searches: [engine]});
		return result.verdict === verdict ? undefined : `${name}: ${result.verdict}, not ${verdict}`;
	});
}

withHistories('all engines together judge every key of every public history', ({name, text, verdict}) => {
	const {model, initial, history} = parseHistory(text);
	const result = check(history, {model: kvModel(model, {initial}), all: true});
	const hasUnknown = result.keys.some(key => key.verdict === 'unknown');
	return result.verdict === verdict && !hasUnknown ? undefined : `${name}: ${JSON.stringify(result)}`;
});

withHistories('public histories have as many operations as their table says', ({name, text, operationCount}) => {
	const {history} = parseHistory(text);
	return history.length === operationCount ? undefined : `${name}: ${history.length}, not ${operationCount}`;
});
