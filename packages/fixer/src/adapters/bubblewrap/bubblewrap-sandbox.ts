// The boundary by bubblewrap: its own users, processes, network, files and limits around one program.
import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { Fault } from '@levautofix/service-kit/fault';
import type { ProcessRunner, ProcessSpec } from '../../ports/process-runner.js';
import type { Enclosure, Sandbox } from '../../ports/sandbox.js';
import { boxArguments, boxUser, defaultLimits, limitArguments, type BoxLimits } from './box-arguments.js';
import { relayArguments } from './gateway-relay.js';
import { readHostFacts, type HostFacts } from './host-facts.js';
import { seccompFilter } from './seccomp-filter.js';

export class BubblewrapSandbox implements Sandbox {
  readonly kind = 'bubblewrap';
  readonly #host: HostFacts;
  readonly #limits: BoxLimits;

  constructor(host: HostFacts, limits: BoxLimits = defaultLimits) {
    this.#host = host;
    this.#limits = limits;
  }

  enclose(spec: ProcessSpec, enclosure: Enclosure): ProcessSpec {
    const { bwrapPath, prlimitPath, nodePath, arch } = this.#host;
    const passwd = `${boxUser.name}:x:${boxUser.uid}:${boxUser.gid}::${spec.env.HOME ?? '/tmp'}:/bin/sh\n`;
    const inputs = [
      ...(spec.extraInputs ?? []),
      Buffer.from(passwd),
      Buffer.from(`${boxUser.name}:x:${boxUser.gid}:\n`),
    ];
    const firstOwn = 3 + (spec.extraInputs?.length ?? 0);
    const filter = seccompFilter(arch);
    if (filter) inputs.push(filter);
    const box = boxArguments(this.#host, this.#limits, {
      enclosure,
      home: spec.env.HOME,
      cwd: spec.cwd,
      masks: (enclosure.masked ?? []).flatMap((path) => readMask(resolve(enclosure.workspace, path))),
      inputs: { passwd: firstOwn, group: firstOwn + 1, seccomp: filter ? firstOwn + 2 : null },
    });
    return {
      ...spec,
      command: bwrapPath,
      args: [
        ...box,
        '--',
        ...(prlimitPath === null ? [] : limitArguments(prlimitPath, this.#limits)),
        ...(typeof enclosure.network === 'object' ? relayArguments(nodePath, enclosure.network.port) : []),
        spec.command,
        ...spec.args,
      ],
      extraInputs: inputs,
    };
  }
}

function readMask(path: string): { path: string; isFolder: boolean }[] {
  const kind = lstatSync(path, { throwIfNoEntry: false });
  if (!kind) return [];
  if (kind.isSymbolicLink()) {
    // A mount would land on what the link points to and leave the link itself in place.
    throw new Fault({
      code: 'masked_path_is_link',
      message: `${path} is a symbolic link where the sandbox has to hide a file or folder.`,
      remedy: 'Remove the link and run the job again.',
    });
  }
  return [{ path, isFolder: kind.isDirectory() }];
}

export type SandboxDetection = { sandbox: BubblewrapSandbox; reason: null } | { sandbox: null; reason: string };

/**
 * Runs a tiny program in the full box: only what worked once here is trusted to work. `reason` is for a person.
 */
export async function detectBubblewrap(
  processes: ProcessRunner,
  { nodePath, scratchFolder, limits }: { nodePath: string; scratchFolder: string; limits?: BoxLimits },
): Promise<SandboxDetection> {
  const host = await readHostFacts(nodePath);
  if (host === null) return { sandbox: null, reason: 'bubblewrap (bwrap) is not installed.' };
  if (seccompFilter(host.arch) === null) {
    return { sandbox: null, reason: `There is no system call filter for the architecture ${host.arch}.` };
  }
  const sandbox = new BubblewrapSandbox(host, limits);
  const outcome = await processes.run(
    sandbox.enclose(
      { command: '/usr/bin/true', args: [], cwd: scratchFolder, env: {}, timeoutMs: 10_000 },
      { workspace: scratchFolder, network: 'none' },
    ),
  );
  if (outcome.exitCode === 0) return { sandbox, reason: null };
  const said = outcome.spawnError ?? outcome.stderr.trim().split('\n').at(-1) ?? '';
  return { sandbox: null, reason: `bubblewrap is installed but does not work here (${said || 'no answer in time'}).` };
}
