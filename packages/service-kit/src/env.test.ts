import { describe, expect, it } from 'vitest';
import { ConfigFault, EnvReader } from './env.js';

describe('the environment', () => {
  it('reads typed values and falls back for what is unset or empty', () => {
    const env = new EnvReader({
      PORT: '4700',
      MODE: 'pull',
      FILES: ' a.log, ,b.log ',
      URL: 'http://localhost:1/',
      EMPTY: ' ',
      USD: '2.5',
    });
    expect(env.integer('PORT', 1)).toBe(4700);
    expect(env.oneOf('MODE', ['push', 'pull'], 'push')).toBe('pull');
    expect(env.list('FILES')).toEqual(['a.log', 'b.log']);
    expect(env.url('URL')).toBe('http://localhost:1');
    expect(env.string('EMPTY', 'fallback')).toBe('fallback');
    expect(env.amount('USD', 0)).toBe(2.5);
    expect(() => env.finish()).not.toThrow();
  });

  it('takes no comment for a part of a value, and repeats none', () => {
    const env = new EnvReader({
      URL: 'http://127.0.0.1:1 # the pass-word',
      PORT: '80 # as ever',
      USD: '2.5\t# a lot',
      MODE: '# push or pull',
      SECRET: 'hash#inside',
      NAME: 'C # and more',
    });
    env.url('URL');
    env.integer('PORT', 1);
    env.amount('USD', 1);
    env.oneOf('MODE', ['push', 'pull'], 'push');
    expect(env.plain('SECRET')).toBe('hash#inside');
    expect(env.string('NAME', '')).toBe('C # and more');
    const { faults } = catchFault(() => env.finish());
    expect(faults.map(({ name }) => name)).toEqual(['URL', 'PORT', 'USD', 'MODE']);
    expect(new Set(faults.map(({ problem }) => problem))).toEqual(new Set(['holds a comment.']));
  });

  it('lists all faults at once, each with its remedy', () => {
    const env = new EnvReader({ PORT: 'many', MODE: 'sideways', URL: 'ftp://user:secret@host' });
    env.integer('PORT', 4700, { max: 65_535 });
    env.oneOf('MODE', ['push', 'pull'], 'push');
    env.url('URL');
    env.required('SECRET', 'Set it to a long random text.');
    const fault = catchFault(() => env.finish());
    expect(fault.faults.map(({ name }) => name)).toEqual(['PORT', 'MODE', 'URL', 'SECRET']);
    expect(fault.message).toContain('SECRET: is not set. Set it to a long random text.');
    expect(fault.message).not.toContain('user:secret');
  });
});

function catchFault(action: () => void): ConfigFault {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigFault) return error;
  }
  throw new Error('expected a ConfigFault');
}
