import { expect, test } from 'vitest';
import { SecretlintScanner } from './secretlint-scanner.js';

const scanner = new SecretlintScanner();

test.each([
  ['a GitHub token', `const token = "ghp_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}";`],
  ['a Slack token', `const token = "xoxb-${'23984754863-2348975623103'}";`],
  ['a private key', `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEpQIBAAKCAQEA'.repeat(8)}\n-----END RSA PRIVATE KEY-----`],
])('%s is found at its line and not repeated', async (_name, text) => {
  const findings = await scanner.scan('src/a.js', `const a = 1;\n${text}\n`);
  expect(findings[0]).toMatchObject({ line: 2 });
  expect(JSON.stringify(findings)).not.toContain('wWPw5k4a');
});

test('plain source has none', async () => {
  expect(await scanner.scan('src/a.js', 'export const total = (order) => order.items.length; // key: value\n')).toEqual(
    [],
  );
});
