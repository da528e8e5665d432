/** `npm run build` */
import {buildOrFail} from './command.mjs';

buildOrFail();
