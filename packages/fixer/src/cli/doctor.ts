// The command `doctor`: looks at each thing a start needs, and says what to do where one is missing.
import { printChecklist, type Finding } from '@levautofix/service-kit/checklist';
import type { CommandIo } from '@levautofix/service-kit/command';
import { ConfigFault } from '@levautofix/service-kit/env';
import { examineFixer } from '../compose/examine.js';
import { loadFixerConfig } from '../config/config.js';
import { createCommand, hostProcess, readEnv, serviceFlags } from './read-config.js';

export async function run(args: string[], io: CommandIo): Promise<number> {
  const description =
    'Checks configuration, address, repositories, sandbox, agents, database, code host and chat. Exits 0 when nothing is at fault.';
  const command = createCommand('levautofix doctor', description, serviceFlags, io).option(
    '--json',
    'print one JSON object',
  );
  const env = await readEnv(command, serviceFlags, args, io);
  const checks = await examine(env, io);
  return printChecklist(checks, io.stdout, { isJson: command.opts<{ json?: boolean }>().json === true });
}

async function examine(env: CommandIo['env'], io: CommandIo): Promise<Finding[]> {
  try {
    const { config, secrets } = await loadFixerConfig(env, { cwd: io.cwd });
    return await examineFixer(config, secrets, { ...hostProcess(io), env });
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    return error.faults.map(({ name, problem, remedy }) => ({ name, state: 'fault', found: problem, remedy }));
  }
}
