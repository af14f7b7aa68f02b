// The workspace on a real disk: nothing leads out of it, and modules are copied and linked as they should be.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ExecaProcessRunner } from '../process/execa-process-runner.js';
import { DiskWorkspace } from './disk-workspace.js';

const outside = realpathSync(mkdtempSync(join(tmpdir(), 'workspace-')));
afterAll(() => rmSync(outside, { recursive: true, force: true }));
const root = join(outside, 'root');
mkdirSync(root);
const workspace = new DiskWorkspace(root, new ExecaProcessRunner());

describe('DiskWorkspace', () => {
  it('writes, reads, lists and removes', async () => {
    const path = join(root, 'a/b/c.txt');
    await workspace.writeText(path, 'text');
    expect(await workspace.readText(path)).toBe('text');
    expect(await workspace.list(join(root, 'a'))).toEqual(['b']);
    expect(await workspace.isFolder(join(root, 'a/b'))).toBe(true);
    await workspace.remove(join(root, 'a'));
    await workspace.remove(join(root, 'a'));
    expect(await workspace.readText(path)).toBeNull();
    expect(await workspace.list(join(root, 'a'))).toEqual([]);
  });

  it('follows no link out of its root, for writing, making or removing', async () => {
    mkdirSync(join(outside, 'victim'));
    writeFileSync(join(outside, 'victim/file'), 'kept');
    symlinkSync(join(outside, 'victim'), join(root, 'link'));
    const refusal = { code: 'path_leaves_workspace' };
    await expect(workspace.writeText(join(root, 'link/file'), 'x')).rejects.toMatchObject(refusal);
    await expect(workspace.makeFolder(join(root, 'link/new/deep'))).rejects.toMatchObject(refusal);
    await expect(workspace.remove(join(root, 'link/file'))).rejects.toMatchObject(refusal);
    await expect(workspace.remove(outside)).rejects.toMatchObject(refusal);
    expect(readFileSync(join(outside, 'victim/file'), 'utf8')).toBe('kept');
    expect(await workspace.isFolder(join(root, 'link'))).toBe(false);
    await workspace.remove(join(root, 'link'));
    expect(existsSync(join(outside, 'victim/file'))).toBe(true);
  });

  it('replaces a link by a file instead of writing through it', async () => {
    writeFileSync(join(outside, 'target'), 'kept');
    symlinkSync(join(outside, 'target'), join(root, 'soft'));
    await workspace.writeText(join(root, 'soft'), 'own');
    expect(readFileSync(join(outside, 'target'), 'utf8')).toBe('kept');
    expect(lstatSync(join(root, 'soft')).isFile()).toBe(true);
  });

  it('does not hang on a pipe and reads no link', async () => {
    execFileSync('mkfifo', [join(root, 'package.json')]);
    symlinkSync('/etc/passwd', join(root, 'passwd'));
    expect(await workspace.readText(join(root, 'package.json'))).toBeNull();
    expect(await workspace.readText(join(root, 'passwd'))).toBeNull();
  });

  it('copies a folder with its links as they are', async () => {
    mkdirSync(join(outside, 'modules/.bin'), { recursive: true });
    mkdirSync(join(outside, 'modules/@scope/tool'), { recursive: true });
    mkdirSync(join(outside, 'modules/.cache'));
    writeFileSync(join(outside, 'modules/@scope/tool/cli.js'), 'tool');
    symlinkSync('../@scope/tool/cli.js', join(outside, 'modules/.bin/tool'));
    symlinkSync('../packages/own', join(outside, 'modules/own'));
    await workspace.copyFolder(join(outside, 'modules'), join(root, 'base/node_modules'));
    expect(readlinkSync(join(root, 'base/node_modules/own'))).toBe('../packages/own');
    expect(readFileSync(join(root, 'base/node_modules/.bin/tool'), 'utf8')).toBe('tool');
  });

  it('shares the files of a folder, not the folder', async () => {
    await workspace.shareFolder(join(outside, 'modules'), join(root, 'shared/node_modules'));
    expect(readlinkSync(join(root, 'shared/node_modules/own'))).toBe('../packages/own');
    const [ours, theirs] = [join(root, 'shared/node_modules/.bin/tool'), join(outside, 'modules/.bin/tool')];
    expect(lstatSync(ours).ino).toBe(lstatSync(theirs).ino);
    await workspace.remove(join(root, 'shared'));
    expect(readFileSync(theirs, 'utf8')).toBe('tool');
  });

  it("links modules, while a workspace's own packages resolve beside the link", async () => {
    mkdirSync(join(root, 'checks/packages/own'), { recursive: true });
    writeFileSync(join(root, 'checks/packages/own/index.js'), 'of the candidate');
    await workspace.linkModules(join(root, 'base/node_modules'), join(root, 'checks/node_modules'));
    expect(readFileSync(join(root, 'checks/node_modules/own/index.js'), 'utf8')).toBe('of the candidate');
    expect(readFileSync(join(root, 'checks/node_modules/@scope/tool/cli.js'), 'utf8')).toBe('tool');
    expect(lstatSync(join(root, 'checks/node_modules/.cache')).isDirectory()).toBe(true);
  });
});
