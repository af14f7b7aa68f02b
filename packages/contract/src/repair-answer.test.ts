import { expect, test } from 'vitest';
import { findRepairAnswer, readRepairAnswer, repairAnswerJsonSchema } from './repair-answer.js';

const full = { rootCause: 'a', summary: 'b', risk: 'c', regressionTest: 'test/a.test.js', declined: null };

test('an answer that obeys the JSON Schema reads back whole', () => {
  expect(Object.keys(full).sort()).toEqual([...repairAnswerJsonSchema.required].sort());
  expect(readRepairAnswer(full)).toMatchObject(full);
});

test('missing words become empty, and an empty reason is no refusal', () => {
  expect(readRepairAnswer({ declined: ' ' })).toEqual({
    rootCause: '',
    summary: '',
    risk: '',
    regressionTest: null,
    declined: null,
  });
});

test('the answer is found on the last line or in the last fenced block', () => {
  expect(findRepairAnswer(`edited\n{"no":1}\n${JSON.stringify(full)}\n`)).toMatchObject(full);
  expect(findRepairAnswer(`Done.\n\`\`\`json\n${JSON.stringify(full, null, 2)}\n\`\`\`\nBye.`)).toMatchObject(full);
});

test.each(['', 'done', '{"rootCause": 5}', '{"declined": true}', '{cut'])('no answer in %j', (text) => {
  expect(findRepairAnswer(text)).toBeNull();
});
