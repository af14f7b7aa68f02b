// One SQLite connection: durable settings, transactions, and database errors turned into faults.
import Database from 'libsql';
import { sqliteFault } from './sqlite-fault.js';

export type SqlValue = string | number | null;
export type SqlRow = Record<string, SqlValue>;

const busyTimeoutMs = 10_000;

export class Connection {
  readonly file: string;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  constructor(file: string) {
    this.file = file;
    try {
      this.#database = new Database(file, { timeout: busyTimeoutMs });
      this.#database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
      // WAL with FULL: a commit that was acknowledged survives a power cut, readers never wait for a writer.
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    } catch (error) {
      throw sqliteFault(error, file);
    }
  }

  /** Runs a statement and answers its rows, those of RETURNING included. */
  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    // Never `.get()`: its rows carry a `_metadata` key of the driver's own.
    return this.#guard(() => this.#prepare(sql).all(...values) as SqlRow[]);
  }

  first(sql: string, ...values: SqlValue[]): SqlRow | null {
    return this.all(sql, ...values)[0] ?? null;
  }

  /** Answers the number of rows changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#guard(() => this.#prepare(sql).run(...values).changes);
  }

  exec(sql: string): void {
    this.#guard(() => this.#database.exec(sql));
  }

  /** Takes the write lock at once, so that what is read inside stays true until the commit. */
  transaction<T>(work: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      // A disk that is full has rolled back by itself; the first error is the one worth telling.
      if (this.#database.inTransaction) this.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    if (!this.#database.open) return;
    try {
      // The driver closes for good only when its statements are collected: without this the file alone would be out of date.
      this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // Nothing is lost: the log is read again at the next start.
    }
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteFault(error, this.file);
    }
  }
}
