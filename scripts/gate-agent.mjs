// The coding agent of the gate: makes exactly the change that a file names, whatever the prompt says.
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const { changes, answer } = JSON.parse(await readFile(process.argv[2], 'utf8'));
for (const [path, change] of Object.entries(changes)) {
  await rm(path, { force: true });
  if (change === null) continue;
  await mkdir(dirname(path), { recursive: true });
  if (typeof change === 'string') await writeFile(path, change);
  else await symlink(change.link, path);
}
console.log(JSON.stringify(answer));
