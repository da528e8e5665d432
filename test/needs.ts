/** Tests that need what a machine may lack. Where it is missing, AVA counts them as skipped, and their titles say why. */
import test, {type ExecutionContext} from 'ava';

type Body = (t: ExecutionContext) => void | Promise<void>;
type Registered = (title: string, body: Body) => void;

/**
 * `missing`: what is missing, and how to get it; `undefined`: nothing. The tests of a file that need the same thing run one
 * after the other.
 */
export function needing(missing: string | undefined): Registered {
	if (missing === undefined) return (title, body) => test.serial(title, body);
	return (title, body) => test.serial.skip(`${title} [${missing}]`, body);
}
