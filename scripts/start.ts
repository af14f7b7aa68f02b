// `pnpm start`: both services on one machine, for a real project.
import { parseArgs } from 'node:util';
import { describeAsking } from '@levautofix/fixer/cli/start';
import { withDotenv } from '@levautofix/service-kit/dotenv-file';
import { describeError } from '@levautofix/service-kit/fault';
import { processIo } from '@levautofix/service-kit/command';
import { startBoth } from './both.js';

const help = `Runs watcher and fixer on one machine.

Usage: pnpm start --repo PATH --logs 'GLOB' [--service NAME] [--base BRANCH] [--ladder RUNGS] [--sandbox MODE]

Everything else comes from the environment or .env (see .env.example). Questions come on Telegram where it is
configured, else here. Stop with Ctrl-C.
`;

const variables = {
  repo: 'REPO_PATH',
  logs: 'LOG_FILES',
  service: 'SERVICE_NAME',
  base: 'BASE_BRANCH',
  ladder: 'REPAIR_LADDER',
  sandbox: 'SANDBOX',
} as const;

export async function run(args: string[]): Promise<number> {
  const io = processIo();
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args,
      options: {
        help: { type: 'boolean' },
        repo: text,
        logs: text,
        service: text,
        base: text,
        ladder: text,
        sandbox: text,
      },
    });
    if (values.help) {
      io.stdout.write(help);
      return 0;
    }
    const flags = Object.entries(variables).flatMap(([flag, name]) => {
      const value = values[flag as keyof typeof variables];
      return value === undefined ? [] : [[name, value] as const];
    });
    const env = { ...(await withDotenv(io.env, io.cwd)), ...Object.fromEntries(flags) };
    // Asked for before anything is begun: from here on a signal stops it in order.
    const { signal } = io;
    const both = await startBoth({
      env,
      host: { ...io, env },
      isVerbose: true,
    });
    io.stderr.write(
      `Watching ${env.LOG_FILES ?? ''}; repairing ${env.REPO_PATH ?? ''}. ${describeAsking(both.fixer)}\n`,
    );
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await both.stop();
    return 0;
  } catch (error) {
    io.stderr.write(`start: ${describeError(error)}\n`);
    const isMistyped =
      error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
    return isMistyped ? 2 : 1;
  }
}
