import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { LatchkeyError } from '../base/errors.ts';
import { joinDashedValues } from './dashed-values.ts';

/**
 * The options of any command. `names`: whether words that are no options are taken, such as the command behind `keys`.
 *
 * @throws LatchkeyError `usage` for an unknown option, a value that is missing, or a word too many
 */
export function parseCommandLine<const T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
  { names = false }: { readonly names?: boolean } = {},
) {
  try {
    return parseArgs({ args: joinDashedValues(args, options), options, allowPositionals: names });
  } catch (error) {
    throw new LatchkeyError('usage', error instanceof Error ? error.message : 'unknown option', {
      cause: error,
    });
  }
}
