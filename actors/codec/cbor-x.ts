/**
 * The CBOR library. The build puts its code into what is made of this file (build/compile.mjs), so that users of this
 * package need no dependency for it.
 *
 * By its `index-no-eval` entry on purpose: the main entry loads the native add-on cbor-extract when that is installed, and a
 * native add-on can take the process along when the thread that it runs on is terminated.
 */
export {Encoder, setSizeLimits} from 'cbor-x/index-no-eval';
