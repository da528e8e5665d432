/** What a text is compiled to: functions of a frame, which call each other. */
import type {Frame} from './scope.js';
import type {LuaValue, LuaValues} from './values.js';

export type Evaluate = (frame: Frame) => LuaValue;
/** An expression that can give several values, or none. */
export type EvaluateAll = (frame: Frame) => LuaValues;
/** What a statement led to: nothing special, the end of the loop, or the results of the function. */
export type Outcome = undefined | 'break' | LuaValues;
export type Execute = (frame: Frame) => Outcome;
