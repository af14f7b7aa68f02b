// Typed readers of environment variables that gather every fault before failing once.
import { Fault } from './fault.js';

export type EnvValues = Readonly<Record<string, string | undefined>>;

export interface EnvFault {
  name: string;
  problem: string;
  remedy: string;
}

/** Thrown once for a whole configuration; `faults` lists everything that is wrong with it. */
export class ConfigFault extends Fault {
  readonly faults: readonly EnvFault[];

  constructor(faults: readonly EnvFault[]) {
    const list = faults.map(({ name, problem, remedy }) => `  ${name}: ${problem} ${remedy}`).join('\n');
    super({
      code: 'config_invalid',
      message: `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${list}\n`,
      remedy: 'Set these in the environment, in .env or as flags, then start again.',
    });
    this.name = 'ConfigFault';
    this.faults = faults;
  }
}

/** Reads one process's environment. Readers return a usable value even for a fault, so that all faults are found in one pass. */
export class EnvReader {
  readonly #env: EnvValues;
  readonly #faults: EnvFault[] = [];

  constructor(env: EnvValues) {
    this.#env = env;
  }

  /** The value, or undefined when unset or empty. */
  optional(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** For values in which `#` after a space can only be a comment: the env files of systemd and docker make it a part of the value. */
  plain(name: string): string | undefined {
    const value = this.optional(name);
    if (value === undefined || !/(?:^|\s)#/.test(value)) return value;
    this.fault(name, 'holds a comment.', 'Put the comment on a line of its own.');
    return undefined;
  }

  string(name: string, fallback: string): string {
    return this.optional(name) ?? fallback;
  }

  required(name: string, remedy: string): string {
    const value = this.optional(name);
    if (value === undefined) this.fault(name, 'is not set.', remedy);
    return value ?? '';
  }

  integer(name: string, fallback: number, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}): number {
    const value = this.plain(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    this.fault(
      name,
      `is ${quote(value)}, which is not a whole number from ${min} to ${max}.`,
      `Use for example ${fallback}.`,
    );
    return fallback;
  }

  /** A non-negative decimal number such as an amount of US dollars. */
  amount(name: string, fallback: number): number {
    const value = this.plain(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (Number.isFinite(number) && number >= 0) return number;
    this.fault(name, `is ${quote(value)}, which is not an amount.`, `Use for example ${fallback}.`);
    return fallback;
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.plain(name);
    if (value === undefined) return fallback;
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) this.fault(name, `is ${quote(value)}.`, `Use one of ${choices.join(', ')}.`);
    return choice ?? fallback;
  }

  /** Comma-separated values, trimmed, without empty ones. */
  list(name: string): string[] {
    return (this.optional(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }

  url(name: string): string | undefined {
    const value = this.plain(name);
    if (value === undefined) return undefined;
    if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value.replace(/\/+$/, '');
    // The value may hold a password, so it is not repeated.
    this.fault(name, 'is not an http or https address.', 'Use for example https://example.com:8443.');
    return undefined;
  }

  fault(name: string, problem: string, remedy: string): void {
    this.#faults.push({ name, problem, remedy });
  }

  /** Throws one ConfigFault that lists everything found so far. */
  finish(): void {
    if (this.#faults.length > 0) throw new ConfigFault(this.#faults);
  }
}

function quote(value: string): string {
  return `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`;
}
