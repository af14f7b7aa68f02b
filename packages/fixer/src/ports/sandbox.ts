// The boundary around code the fixer does not trust: the agent, install scripts, builds and tests.
import type { ProcessSpec } from './process-runner.js';

export interface Enclosure {
  /** Folder that appears at the same path inside, writable; also the working directory's root. */
  workspace: string;
  /** Folders and files visible inside, read-only, at the same path. */
  readable?: string[];
  /** Folders outside the workspace that are writable inside, at the same path, such as an agent's own home. */
  writable?: string[];
  /** Folders that are empty and writable inside and vanish with the process; those in a read-only place must exist. */
  scratch?: string[];
  /** Paths hidden inside even though they exist, such as `.git`; relative ones start at the workspace. */
  masked?: string[];
  /** Folders laid read-only into the workspace: path inside -> path outside. */
  mounts?: Record<string, string>;
  /**
   * `none`: no network at all. `open`: the host's network (dependency installation of the base commit alone).
   * A gateway: only this unix socket, which the sandbox offers inside at http://127.0.0.1:<port>.
   */
  network: 'none' | 'open' | { socketPath: string; port: number };
}

export interface Sandbox {
  /** `none` means that nothing is contained; shown wherever a person decides. */
  readonly kind: 'bubblewrap' | 'none';
  /**
   * Rewrites a process so that it runs inside. The environment is kept as given and nothing is added from the host's.
   * An `env.HOME` that lies in no visible folder is an empty one that vanishes with the process.
   */
  enclose(spec: ProcessSpec, enclosure: Enclosure): ProcessSpec;
}
