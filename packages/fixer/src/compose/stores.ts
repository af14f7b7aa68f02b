// What commands beside a running fixer look at: its store and the user's repositories.
import { findGit } from '../adapters/git/find-git.js';
import { createGitRepository } from '../adapters/git/git-repository.js';
import { openMongoStore } from '../adapters/mongo/open-mongo-store.js';
import { openSqliteStore } from '../adapters/sqlite/open-sqlite-store.js';
import type { FixerConfig, FixerSecrets } from '../config/config.js';
import type { Repository } from '../ports/repository.js';
import type { Store } from '../ports/store.js';
import type { HostProcess } from './host-process.js';

/** The user's repositories, for a command that only reads them. */
export function composeRepository({ env }: HostProcess): Repository {
  return createGitRepository({ gitPath: findGit(env.PATH), env });
}

/** The store beside a running fixer, or without one, for a command that looks or decides. */
export function openSharedStore(
  { dataDir }: Pick<FixerConfig, 'dataDir'>,
  { mongodbUri }: Pick<FixerSecrets, 'mongodbUri'>,
): Promise<Store> {
  return mongodbUri === undefined
    ? openSqliteStore({ folder: dataDir, isShared: true })
    : openMongoStore({ uri: mongodbUri });
}
