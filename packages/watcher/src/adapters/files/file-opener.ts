// Opens files within the limit of descriptors, and tells once of each file that cannot be opened.
import { describeError, Fault } from '@levautofix/service-kit/fault';
import type { Logger } from '@levautofix/service-kit/logger';
import { openLogFile, type OpenedFile } from './open-log-file.js';
import type { WatchedFile } from './watched-file.js';

/** A path that may be in trouble: what was last told about it. */
export interface Troubled {
  path: string;
  trouble: Fault | null;
}

export class FileOpener {
  /** Real paths of the folders that links may lead into. */
  roots: string[] = [];
  readonly #logger: Logger;
  readonly #files: ReadonlyMap<string, WatchedFile>;
  #maxOpen: number;

  constructor(logger: Logger, files: ReadonlyMap<string, WatchedFile>, maxOpen: number) {
    this.#logger = logger;
    this.#files = files;
    this.#maxOpen = maxOpen;
  }

  open(place: Troubled): OpenedFile | null {
    try {
      this.#makeRoom(this.#maxOpen - 1);
      const opened = openLogFile(place.path, this.roots);
      this.endTrouble(place);
      return opened;
    } catch (error) {
      this.meetTrouble(place, error);
      return null;
    }
  }

  endTrouble(place: Troubled): void {
    if (place.trouble !== null) this.#logger.info({ path: place.path }, 'a log file can be read again');
    place.trouble = null;
  }

  meetTrouble(place: Troubled, error: unknown): void {
    const fault = error instanceof Fault ? error : unreadable(place.path, error);
    const { code } = fault;
    // It went away between look and open: the next look sees what became of it.
    if (code === 'ENOENT') return;
    if (code === 'EMFILE' || code === 'ENFILE') {
      this.#maxOpen = Math.max(1, this.#openFiles().length - 1);
      this.#makeRoom(this.#maxOpen);
    }
    if (place.trouble?.code === code) return;
    place.trouble = fault;
    this.#logger.warn({ path: place.path, reason: describeError(fault) }, 'a log file cannot be read; waiting for it');
  }

  /** Closes the files that have been quiet for longest; they are opened again when something happens to them. */
  #makeRoom(limit: number): void {
    const open = this.#openFiles();
    const excess = open.length - limit;
    if (excess <= 0) return;
    open.sort((a, b) => a.lastNewsAt - b.lastNewsAt);
    for (const file of open.slice(0, excess)) file.close();
  }

  #openFiles(): WatchedFile[] {
    return [...this.#files.values()].filter((file) => file.descriptor !== null && file.namelessSince === null);
  }
}

function unreadable(path: string, error: unknown): Fault {
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  return new Fault({
    code,
    message: `${path} cannot be read (${message}).`,
    remedy:
      code === 'EACCES' || code === 'EPERM'
        ? 'Let this user read it, for example through the group `adm`.'
        : 'It is tried again until it can be read.',
    cause: error,
  });
}
