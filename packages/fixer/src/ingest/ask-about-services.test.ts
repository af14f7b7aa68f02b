import { expect, it } from 'vitest';
import { askAboutServices } from './ask-about-services.js';

function world() {
  const kept = new Map<string, string>();
  const told: string[] = [];
  const settings = {
    get: (key: string) => Promise.resolve(kept.get(key) ?? null),
    set: (key: string, value: string) => Promise.resolve(void kept.set(key, value)),
  };
  const report = (service: string) => ({
    service,
    host: 'web-1',
    error: { type: 'TypeError', message: 'no\nitems', stack: [] },
  });
  const ask = (...names: string[]) =>
    askAboutServices(names.map(report), [{ name: 'shop' }], {
      settings,
      tell: (question) => Promise.resolve(void told.push(question)),
    });
  return { ask, told };
}

it('asks once about a service that has no repository, and never about one that has', async () => {
  const { ask, told } = world();
  await ask('shop', 'blog', 'blog');
  await ask('blog');
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^❓ Which repository is "blog"\?\n.*web-1, such as TypeError: no items,.*\(known: shop\)/);
});

it('is not talked into asking about endless names', async () => {
  const { ask, told } = world();
  await ask(...Array.from({ length: 50 }, (_, index) => `evil\u202e ${index} ${'x'.repeat(1_000)}`));
  expect(told).toHaveLength(3);
  expect(told.join('')).not.toContain('\u202e');
  expect(Math.max(...told.map((text) => text.length))).toBeLessThan(1_000);
});
