import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { processIo, runCommand, type CommandIo, type CommandModule } from './command.js';
import { Fault } from './fault.js';

describe('a command line', () => {
  it('prints its commands when asked for help or for nothing', async () => {
    for (const args of [[], ['--help'], ['help']]) {
      const result = await run(args, {});
      expect(result.code).toBe(0);
      expect(result.stdout).toContain('greet  say hello');
    }
  });

  it('answers 2 for a command that does not exist, without falling for inherited names', async () => {
    for (const name of ['gret', 'constructor']) {
      expect(await run([name], {})).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(`no command "${name}"`) as string,
      });
    }
  });

  it('passes arguments on and answers the exit code', async () => {
    const result = await run(['greet', 'world'], {
      run: (args, io) => (io.stdout.write(`hello ${args.join()}`), Promise.resolve(3)),
    });
    expect(result).toMatchObject({ code: 3, stdout: 'hello world' });
  });

  it('answers 2 for options that cannot be read', async () => {
    const fault = new Fault({ code: 'usage', message: "Unknown option '--colour'.", remedy: 'See --help.' });
    expect(await run(['greet'], { run: () => Promise.reject(fault) })).toMatchObject({ code: 2 });
  });

  it('prints its version', async () => {
    expect(await run(['--version'], {})).toMatchObject({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it('says what went wrong and what to do next', async () => {
    const fault = new Fault({ code: 'missing', message: 'There is no repository.', remedy: 'Set REPO_PATH.' });
    const result = await run(['greet'], { run: () => Promise.reject(fault) });
    expect(result).toMatchObject({ code: 1, stderr: 'tool greet: There is no repository. Set REPO_PATH.\n' });
  });
});

describe('the signals that end a process', () => {
  const names = ['SIGINT', 'SIGTERM'] as const;
  const listeners = () => names.map((name) => process.listeners(name));

  it('are left to the system, unless a command asks to be told of them', () => {
    const before = listeners();
    const io = processIo();
    expect(listeners()).toEqual(before);
    expect(io.signal.aborted).toBe(false);
    expect(io.signal).toBe(io.signal);
    const added = listeners().map((now, index) => now.filter((listener) => !before[index]?.includes(listener)));
    expect(added.map(({ length }) => length)).toEqual([1, 1]);
    added[1]?.[0]?.('SIGTERM');
    expect(io.signal.reason).toMatchObject({ message: 'stopped by SIGTERM' });
    for (const [index, name] of names.entries()) process.off(name, added[index]![0]!);
    expect(listeners()).toEqual(before);
  });
});

async function run(args: string[], command: Partial<CommandModule>) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io: CommandIo = {
    env: {},
    cwd: '/',
    execPath: '/node',
    peakRssBytes: () => 0,
    stdin: new PassThrough(),
    stdout,
    stderr,
    signal: new AbortController().signal,
  };
  const load = () => Promise.resolve({ run: () => Promise.resolve(0), ...command });
  const code = await runCommand(
    { name: 'tool', summary: 'A tool.', version: () => '1.2.3', commands: { greet: { summary: 'say hello', load } } },
    args,
    io,
  );
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}
