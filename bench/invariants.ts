/** Writes docs/invariants.md anew: `npm run invariants`. */
import {writeFileSync} from 'node:fs';
import {invariantsPage} from './invariants-page.js';
import {pageSources} from './page-sources.js';

writeFileSync(new URL('../../docs/invariants.md', import.meta.url), invariantsPage(pageSources()));
