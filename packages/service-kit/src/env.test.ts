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
