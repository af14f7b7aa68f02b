// The command `doctor`: checks each thing the watcher needs, and says what to do where one is missing.
import { ok, printChecklist, type Finding } from '@levautofix/service-kit/checklist';
import type { CommandIo } from '@levautofix/service-kit/command';
import { describeError, Fault } from '@levautofix/service-kit/fault';
import { ConfigFault } from '@levautofix/service-kit/env';
import { silentLogger } from '@levautofix/service-kit/logger';
import { signRelay } from '@levautofix/service-kit/relay-signature';
import { Command } from 'commander';
import { composeWatcher } from '../compose.js';
import type { WatcherConfig } from '../config/config.js';
import { readConfig } from './read-config.js';

const answerTimeoutMs = 5_000;
const maxSkewMs = 60_000;

export async function run(args: string[], io: CommandIo): Promise<number> {
  const command = new Command('levautofix-watcher doctor')
    .description('Checks configuration, log files, state folder and fixer. Exits 0 only when all is well.')
    .option('--json', 'print one JSON object');
  const checks = await inspect(command, args, io);
  return printChecklist(checks, io.stdout, { isJson: command.opts<{ json?: boolean }>().json === true });
}

async function inspect(command: Command, args: string[], io: CommandIo): Promise<Finding[]> {
  let config: WatcherConfig;
  try {
    config = await readConfig(command, args, io);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    return error.faults.map(({ name, problem, remedy }) => ({ name, state: 'fault', found: problem, remedy }));
  }
  const checks = [ok('configuration', `service ${config.service}, ${config.environment}, state in ${config.stateDir}`)];
  checks.push(...(await inspectSources(config)));
  checks.push(
    config.relay.fixerUrl === null
      ? ok('relay', 'pull: the fixer asks for reports')
      : await inspectFixer(config, config.relay.fixerUrl),
  );
  return checks;
}

/** Starts a watcher that takes nothing in and sends nothing, to see what it would see. */
async function inspectSources(config: WatcherConfig): Promise<Finding[]> {
  try {
    const watcher = await composeWatcher(
      { ...config, readFrom: 'end', http: { host: '127.0.0.1', port: 0 } },
      {
        log: silentLogger,
        sink: {
          send: () => Promise.reject(new Fault({ code: 'inspection', message: '', remedy: '', isRetryable: true })),
        },
        checkpoints: { load: () => Promise.resolve({ snapshot: null, warning: null }), save: () => Promise.resolve() },
      },
    );
    await watcher.start();
    const { sources, spool } = watcher.status();
    await watcher.stop();
    return [
      ok('state folder', `writable; ${spool.reports} reports wait, ${spool.rejected} were refused`),
      describeSources(config, sources),
    ];
  } catch (error) {
    if (error instanceof Fault && error.code === 'state_locked') return [await inspectRunning(config)];
    const remedy = error instanceof Fault ? error.remedy : 'See the message.';
    return [{ name: 'state folder and sources', state: 'fault', found: (error as Error).message, remedy }];
  }
}

function describeSources(
  config: WatcherConfig,
  { sources, unreadable }: { sources: number; unreadable: number },
): Finding {
  const name = 'log sources';
  const found = `${sources} found, ${unreadable} of them unreadable`;
  if (unreadable > 0)
    return { name, state: 'fault', found, remedy: 'Let this user read them, for example through the group `adm`.' };
  if (sources === 0 && config.logFiles.length > 0)
    return {
      name,
      state: 'fault',
      found,
      remedy: `Check LOG_FILES (${config.logFiles.join(', ')}); files may also appear later.`,
    };
  return ok(name, found);
}

async function inspectRunning({ http }: WatcherConfig): Promise<Finding> {
  const name = 'running watcher';
  const url = `http://${http.host}:${http.port}/healthz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) });
    const { status, problems } = (await answer.json()) as { status: string; problems: string[] };
    return {
      name,
      state: status === 'ok' ? 'ok' : 'fault',
      found: [status, ...problems].join('; '),
      remedy: status === 'ok' ? '' : 'See its log.',
    };
  } catch (error) {
    return {
      name,
      state: 'fault',
      found: `holds the state folder, but ${url} does not answer (${describeError(error)})`,
      remedy: 'Restart it.',
    };
  }
}

/** A signed batch of no reports changes nothing: a fixer that knows the secret calls it empty, another one calls it unsigned. */
async function inspectFixer({ relay }: WatcherConfig, fixerUrl: string): Promise<Finding> {
  const name = 'fixer';
  const body = '{"reports":[]}';
  try {
    const answer = await fetch(`${fixerUrl}/v1/reports`, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        ...signRelay(`doctor_${Date.now()}`, body, relay.secret, Date.now()),
      },
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const skewMs = Date.parse(answer.headers.get('date') ?? '') - Date.now();
    if (Math.abs(skewMs) > maxSkewMs)
      return {
        name,
        state: 'fault',
        found: `its clock differs by ${Math.round(skewMs / 1000)} s`,
        remedy: 'Set both clocks by NTP.',
      };
    if (answer.status === 401 || answer.status === 403)
      return {
        name,
        state: 'fault',
        found: 'it does not accept the signature',
        remedy: 'Set the same RELAY_SECRET on both sides.',
      };
    if (![200, 400, 422].includes(answer.status))
      return {
        name,
        state: 'fault',
        found: `it answers ${answer.status}`,
        remedy: 'Check that FIXER_URL is the address of a fixer.',
      };
    return ok(name, `${new URL(fixerUrl).origin} answers and accepts the signature`);
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    return {
      name,
      state: 'fault',
      found: `${new URL(fixerUrl).origin} cannot be reached (${cause})`,
      remedy: 'Start the fixer or correct FIXER_URL; until then reports wait here.',
    };
  }
}
