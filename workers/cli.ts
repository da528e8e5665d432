#!/usr/bin/env node
/** The process that people start. */
import {main} from '../actors/cli/main.js';

process.exitCode = await main(process.argv.slice(2));
