// What the fixer may use of its process.
import type { TerminalChannel } from '../adapters/terminal/approval-channel.js';

export interface HostProcess {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdin: ConstructorParameters<typeof TerminalChannel>[0]['input'];
  stdout: ConstructorParameters<typeof TerminalChannel>[0]['output'];
  execPath: string;
}
