// Scratch folders on disk: reading what untrusted code left there, laying files in, copying installed modules.

export interface Workspace {
  /** Content of a regular file of at most 10 MiB; null when missing or anything else (links are not followed). */
  readText(path: string): Promise<string | null>;
  /** Writes a file and makes its folder; never through a link. */
  writeText(path: string, text: string): Promise<void>;
  /** Names in a folder; empty when there is none. */
  list(folder: string): Promise<string[]>;
  /** True for a real folder, not for a link to one. */
  isFolder(path: string): Promise<boolean>;
  makeFolder(path: string): Promise<void>;
  /** Removes a file, link or folder with all that is in it; what is gone already is fine. */
  remove(path: string): Promise<void>;
  /** Copies a folder with links and modes as they are, sharing blocks where the file system can. */
  copyFolder(from: string, to: string): Promise<void>;
  /** The same for content that nobody writes to: its files are hard links where the file system allows them, which takes no time and space. */
  shareFolder(from: string, to: string): Promise<void>;
  /**
   * Makes `to` a folder whose entries are links to those of the modules folder `from`; links between packages are kept as they
   * are written, so that a workspace's own packages resolve beside `to`.
   */
  linkModules(from: string, to: string): Promise<void>;
}
