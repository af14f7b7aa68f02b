import { expect, it } from 'vitest';
import { withoutPasswords } from './without-passwords.js';

it.each([
  ['http://u:geheim7@127.0.0.1:1', 'http://***@127.0.0.1:1'],
  ['mongodb://a:b@h1,h2/db?x=y', 'mongodb://***@h1,h2/db?x=y'],
  ['mongodb+srv://a:b@h/db', 'mongodb+srv://***@h/db'],
  ['mongodb://h/db', 'mongodb://h/db'],
  ['https://token@host/x.git', 'https://***@host/x.git'],
  ['http://u:p@ss/w#rd@host/', 'http://***@host/'],
  [
    "unable to access 'https://u:p@host/x.git/': 403, see http://x/y",
    "unable to access 'https://***@host/x.git/': 403, see http://x/y",
  ],
  ['mail me@example.org about git@host:shop.git', 'mail me@example.org about git@host:shop.git'],
])('shows %s as %s', (text, shown) => {
  expect(withoutPasswords(text)).toBe(shown);
});
