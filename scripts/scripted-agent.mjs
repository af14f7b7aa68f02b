// A stand-in for a coding agent in demonstrations: reads the prompt like one, and makes the one correction it knows, with a test.
import { readFile, writeFile } from 'node:fs/promises';

let prompt = '';
for await (const chunk of process.stdin) prompt += chunk;

if (!/percentOff/.test(prompt)) {
  console.log(JSON.stringify({ declined: "The scripted agent only knows the demonstration shop's coupon error." }));
} else {
  const path = 'src/orders.js';
  const source = await readFile(path, 'utf8');
  await writeFile(
    path,
    source.replace(
      '  const coupon = findCoupon(code);\n',
      '  const coupon = findCoupon(code);\n  if (!coupon) return 0;\n',
    ),
  );
  await writeFile(
    'test/unknown-coupon.test.js',
    `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderTotal } from '../src/orders.js';

test('an unknown coupon takes nothing off', () => {
  const total = orderTotal({ items: [{ id: 'pot', quantity: 2 }], coupon: 'NO-SUCH-CODE' });
  assert.equal(total.discountCents, 0);
});
`,
  );
  console.log(
    JSON.stringify({
      rootCause: 'findCoupon answers undefined for a code that does not exist, and discount reads percentOff of it.',
      summary: 'An unknown coupon code takes nothing off instead of crashing the request.',
      risk: 'Low: only orders with an unknown code behave differently.',
      regressionTest: 'test/unknown-coupon.test.js',
    }),
  );
}
