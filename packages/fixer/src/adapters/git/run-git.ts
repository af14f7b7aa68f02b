// Starts git: the only place that knows simple-git. Bytes in, bytes out, exit code as a value.
import { Fault } from '@levautofix/service-kit/fault';
import { simpleGit } from 'simple-git';

export interface GitCall {
  args: string[];
  cwd: string;
  /** The whole environment of the child; nothing is inherited. */
  env: Record<string, string>;
  input?: string;
  timeoutMs?: number;
}

export interface GitOutcome {
  exitCode: number;
  stdout: Buffer;
  /** At most the last 4 KiB. */
  stderr: string;
}

export type RunGit = (call: GitCall) => Promise<GitOutcome>;

const localTimeoutMs = 120_000;

/** Runs git by its absolute path. Rejects with a Fault when it cannot be started or takes too long, never for an exit code. */
export function createRunGit(gitPath: string): RunGit {
  return async ({ args, cwd, env, input, timeoutMs = localTimeoutMs }) => {
    const outcome: GitOutcome = { exitCode: -1, stdout: Buffer.alloc(0), stderr: '' };
    const timeout = AbortSignal.timeout(timeoutMs);
    const git = simpleGit({
      baseDir: cwd,
      binary: gitPath,
      abort: timeout,
      // A child of a killed git may hold the pipes open; local commands have none and may be read to their end.
      completion: { onClose: true, onExit: timeoutMs === localTimeoutMs ? false : 1000 },
      allowEnvironment: Object.keys(env),
      unsafe: deliberate,
      // Always a buffer: simple-git leaves the input open for an empty text, and a command that reads would wait for ever.
      input: () => Buffer.from(input ?? ''),
      errors(error, result) {
        outcome.exitCode = result.exitCode;
        outcome.stdout = Buffer.concat(result.stdOut);
        outcome.stderr = Buffer.concat(result.stdErr).subarray(-4096).toString();
        return result.exitCode < 0 ? error : undefined;
      },
    });
    // simple-git holds the end of a command that printed nothing back by 50 ms; an empty piece of output spares that.
    git.outputHandler((_, stdout) => stdout.once('end', () => stdout.emit('data', Buffer.alloc(0))));
    try {
      await git.env(env).raw(args);
    } catch (error) {
      throw new Fault(
        timeout.aborted
          ? {
              code: 'git_timeout',
              message: `git ${args[0]} took longer than ${timeoutMs / 1000} s.`,
              remedy: 'Check that the remote answers, or try again later.',
              isRetryable: true,
            }
          : {
              code: 'git_not_started',
              message: `git ${args[0]} could not be run: ${error instanceof Error ? error.message : String(error)}`,
              remedy: 'Check that git is installed and that the folder is readable.',
            },
      );
    }
    return outcome;
  };
}

/** simple-git refuses these by default because they redirect git; here they are what holds git in place. */
const deliberate = {
  allowUnsafeConfigPaths: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeHooksPath: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeSshCommand: true,
  allowUnsafeAskPass: true,
  allowUnsafeCustomBinary: true,
};
