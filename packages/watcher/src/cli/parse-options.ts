// Options and names of a command line; what is wrong with them is said in words.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { Fault } from '@levautofix/service-kit/fault';

type Parsed<T extends ParseArgsConfig['options']> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: T }>
>;

export function parseOptions<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    const message = error instanceof Error ? `${error.message.split('. ', 1)[0]}.` : 'The options cannot be read.';
    throw usage(message, { cause: error });
  }
}

/** The one log of those commands that read one. */
export function onlyLog(names: readonly string[]): string {
  const [name, ...others] = names;
  if (name === undefined) throw usage('No log was named.', { remedy: 'Name a file, or - for standard input.' });
  if (others.length > 0) throw usage('More than one log was named.');
  return name;
}

function usage(message: string, { remedy = 'See --help.', cause }: { remedy?: string; cause?: unknown } = {}): Fault {
  return new Fault({ code: 'usage', message, remedy, cause });
}
