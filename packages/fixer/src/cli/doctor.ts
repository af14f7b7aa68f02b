// The command `doctor`: looks at each thing a start needs, and says what to do where one is missing.
import type { CommandIo } from '@levautofix/service-kit/command';
import { ConfigFault } from '@levautofix/service-kit/env';
import { examineFixer, type Examination } from '../compose.js';
import { loadFixerConfig } from '../config/config.js';
import { createCommand, hostProcess, readEnv } from './read-config.js';

export async function run(args: string[], io: CommandIo): Promise<number> {
  const description =
    'Checks configuration, repositories, sandbox, agents, database, code host and chat. Exits 0 only when all is well.';
  const command = createCommand('levautofix doctor', description, [], io).option('--json', 'print one JSON object');
  const env = await readEnv(command, [], args, io);
  const checks = await examine(env, io);
  const isOk = checks.every(({ problem }) => problem === null);
  if (command.opts<{ json?: boolean }>().json) io.stdout.write(`${JSON.stringify({ ok: isOk, checks })}\n`);
  else for (const check of checks) io.stdout.write(format(check));
  return isOk ? 0 : 1;
}

async function examine(env: CommandIo['env'], io: CommandIo): Promise<Examination[]> {
  try {
    const { config, secrets } = await loadFixerConfig(env, { cwd: io.cwd });
    return await examineFixer(config, secrets, { ...hostProcess(io), env });
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    return error.faults.map(({ name, problem, remedy }) => ({ name, found: problem, problem: remedy }));
  }
}

function format({ name, found, problem }: Examination): string {
  return `${problem === null ? 'ok  ' : 'MEND'} ${name}: ${found}${problem === null ? '' : `\n     ${problem}`}\n`;
}
