// A code host for repositories without one: the pull request is a folder with a patch and its description.
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { CodeHost, PullRequestDraft } from '../../ports/code-host.js';
import type { Repository } from '../../ports/repository.js';

export interface LocalHostOptions {
  /** `DATA_DIR/pull-requests`; each branch gets a folder of its name in it. */
  folder: string;
  repository: Pick<Repository, 'describeChange' | 'resolveBase' | 'resolveCommit' | 'findEqual'>;
}

const recordSchema = z.object({ number: z.number().int().nonnegative(), commit: z.string() });
const recordName = 'pull-request.json';

/** Nothing is pushed: the branch stays in the user's repository. */
export function createLocalHost({ folder, repository }: LocalHostOptions): CodeHost {
  const place = (branch: string): string => join(folder, branch);
  const url = (branch: string): string => pathToFileURL(place(branch)).href;
  const readRecord = async (branch: string): Promise<z.infer<typeof recordSchema> | null> => {
    const text = await readFile(join(place(branch), recordName), 'utf8').catch(() => null);
    return text === null ? null : recordSchema.parse(JSON.parse(text));
  };

  return {
    name: 'local',
    canPush: false,
    pushCredentials: null,

    async check() {
      return mkdir(folder, { recursive: true }).then(
        () => null,
        () => `The folder ${folder} cannot be written. Set DATA_DIR to a folder that this user may write.`,
      );
    },

    async find(branch) {
      const record = await readRecord(branch);
      return record === null ? null : { number: record.number, url: url(branch), state: 'open', commit: record.commit };
    },

    async open(draft) {
      const { branch, commit } = draft;
      const record = await readRecord(branch);
      const number = record?.number ?? (await countRecords(folder));
      if (record?.commit !== commit) {
        await mkdir(place(branch), { recursive: true });
        const { change } = await repository.describeChange(draft.repoPath, draft.baseCommit, commit);
        await writeFile(join(place(branch), 'change.patch'), change.diff);
        await writeFile(join(place(branch), 'body.md'), `# ${draft.title}\n\n${draft.body}\n\n${howToUse(draft)}`);
        // Last, because its presence says that the others are whole.
        await writeFile(join(place(branch), `${recordName}.new`), `${JSON.stringify({ number, commit })}\n`);
        await rename(join(place(branch), `${recordName}.new`), join(place(branch), recordName));
      }
      return { number, url: url(branch) };
    },

    /** Merged once the base branch holds the change, by whatever way; closed once somebody deleted the branch. */
    async status({ repoPath, branch, baseBranch, commit }) {
      const base = await repository.resolveBase(repoPath, baseBranch);
      const head = await repository.resolveCommit(repoPath, `refs/heads/${branch}`);
      const mergeCommit = await repository.findEqual(repoPath, commit, base.commit);
      const state = mergeCommit !== null ? 'merged' : head === null ? 'closed' : 'open';
      return { state, commit: head ?? commit, mergeCommit };
    },

    // There is no place to talk: persons work on the branch itself.
    headAuthor: () => Promise.resolve(null),
    conversation: () => Promise.resolve({ remarks: [], topics: [] }),
    comment: () => Promise.resolve(),
    // The base branch here is a person's own.
    canMerge: () => Promise.resolve(false),
    merge: () => Promise.resolve(false),
  };
}

async function countRecords(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  return files.filter((file) => file.endsWith(`/${recordName}`) && dirname(file) !== '.').length;
}

function howToUse({ branch, baseBranch, repoPath }: PullRequestDraft): string {
  return `To take it: \`git -C '${repoPath}' merge ${branch}\` on ${baseBranch}. To drop it: \`git -C '${repoPath}' branch -D ${branch}\`.\n`;
}
