// The command `doctor`: checks each thing the watcher needs, and says what to do where one is missing.
import { ok, printChecklist, type Finding } from '@levautofix/service-kit/checklist';
import type { CommandIo } from '@levautofix/service-kit/command';
import { describeError, Fault } from '@levautofix/service-kit/fault';
import { ConfigFault } from '@levautofix/service-kit/env';
import { silentLogger } from '@levautofix/service-kit/logger';
import { Command } from 'commander';
import { composeFixerClient, composeWatcher } from '../compose.js';
import type { WatcherConfig } from '../config/config.js';
import { withoutCredentials } from '../domain/without-credentials.js';
import type { SourceStats, SourceTrouble } from '../ports/log-source.js';
import { readConfig } from './read-config.js';

const answerTimeoutMs = 5_000;
const maxSkewMs = 60_000;

export async function run(args: string[], io: CommandIo): Promise<number> {
  const command = new Command('levautofix-watcher doctor')
    .description('Checks configuration, log files, state folder and fixer. Exits 0 only when all is well.')
    .argument('[source]', '- checks for `start -`, which reads standard input and needs no log files')
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
  checks.push(...(await inspectStart(config)));
  checks.push(
    config.relay.fixerUrl === null
      ? ok('relay', 'pull: the fixer asks for reports')
      : await inspectFixer(config, config.relay.fixerUrl),
  );
  return checks;
}

/** Starts a watcher that takes nothing in and sends nothing, to see what it would see. */
async function inspectStart(config: WatcherConfig): Promise<Finding[]> {
  const { http } = config;
  try {
    const watcher = await composeWatcher(
      { ...config, readFrom: 'end' },
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
    const troubles = watcher.troubles();
    await watcher.stop();
    return [
      ok('address', `${http.host}, ${http.port === 0 ? 'any free port' : `port ${http.port}`}`),
      ok('state folder', `writable; ${spool.reports} reports wait, ${spool.rejected} were refused`),
      describeSources(config, sources),
      ...troubles.map(describeTrouble),
    ];
  } catch (error) {
    const { code, remedy } = error instanceof Fault ? error : { code: '', remedy: 'See the message.' };
    if (code === 'state_locked') return [await inspectRunning(config)];
    const fault: Finding = {
      name: 'state folder and sources',
      state: 'fault',
      found: (error as Error).message,
      remedy,
    };
    if (code !== 'port_unavailable') return [fault];
    // The rest is looked at as well: whoever runs this wants to know everything at once.
    const others = await inspectStart({ ...config, http: { host: '127.0.0.1', port: 0 } });
    return [{ ...fault, name: 'address' }, ...others.filter(({ name }) => name !== 'address')];
  }
}

function describeSources({ logFiles }: WatcherConfig, { sources, unreadable }: SourceStats): Finding {
  const name = 'log sources';
  const found = `${sources} found${unreadable > 0 ? `, ${unreadable} that cannot be read` : ''}`;
  if (sources + unreadable > 0 || logFiles.length === 0) return ok(name, found);
  const remedy = `Check LOG_FILES (${logFiles.join(', ')}); files may also appear later.`;
  return { name, state: 'fault', found, remedy };
}

function describeTrouble({ problem, remedy, isMinor }: SourceTrouble): Finding {
  return { name: 'log source', state: isMinor ? 'warning' : 'fault', found: problem, remedy };
}

async function inspectRunning({ http }: WatcherConfig): Promise<Finding> {
  const name = 'running watcher';
  const url = `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${http.port}/healthz`;
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
  const shown = withoutCredentials(fixerUrl);
  try {
    const client = composeFixerClient(fixerUrl, relay, answerTimeoutMs);
    const answer = await client.post(`doctor_${Date.now()}`, Buffer.from('{"reports":[]}'));
    const skewMs = Date.parse(String(answer.headers['date'] ?? '')) - Date.now();
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
    return ok(name, `${shown} answers and accepts the signature`);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { name, state: 'fault', found: error.message, remedy: error.remedy };
  }
}
