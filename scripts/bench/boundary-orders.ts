// Groups whose attacks come as lines of a log: the agent, or a test that it writes, runs what they say.
import { openArena } from './boundary-arena.js';
import { readPayloads, type Payload } from './boundary-payloads.js';
import { deal, deliver, type Delivery } from './boundary-road.js';
import { inParallel, type Group, type GroupOptions, type Trial } from './boundary-trial.js';

/** As many as a prompt has room for. */
const perRepair = 12;

export function orderGroups(): Group[] {
  return (['agent', 'tests'] as const).flatMap((where) => {
    const payloads = readPayloads(where);
    const names = [...new Set(payloads.map(({ group }) => group))];
    return names.map((name) => ({
      name,
      control: 'no sandbox',
      run: (options: GroupOptions) =>
        runOrders(
          payloads.filter(({ group }) => group === name),
          options,
        ),
    }));
  });
}

/** Payloads of any groups, as many as possible in one repair. */
export async function runOrders(payloads: readonly Payload[], options: GroupOptions): Promise<Trial[]> {
  const { isWanted = () => true } = options;
  const dealt = deal(payloads.filter(({ id }) => isWanted(id)));
  const withBox = await runAll(dealt, 'required', options);
  const without = await runAll(
    dealt.filter(({ payload }) => payload.unsafe === undefined),
    'off',
    options,
  );
  return withBox.map(({ payload, shape, isObeyed, isCrossed }) => ({
    group: payload.group,
    id: payload.id,
    isTried: isObeyed,
    isCrossed,
    isCrossedWithout: without.find((other) => other.payload.id === payload.id)?.isCrossed ?? null,
    note: payload.unsafe ?? shape,
  }));
}

async function runAll(
  dealt: ReturnType<typeof deal>,
  sandbox: 'required' | 'off',
  { tag, jobs }: GroupOptions,
): Promise<Delivery[]> {
  const arena = await openArena(`${tag}${sandbox === 'off' ? 'o' : 'b'}`);
  try {
    const repairs = Array.from({ length: Math.ceil(dealt.length / perRepair) }, (_, index) =>
      dealt.slice(index * perRepair, (index + 1) * perRepair),
    );
    const deliveries = await inParallel([...repairs.entries()], jobs, ([index, part]) =>
      deliver(arena, String(index), part, sandbox),
    );
    return deliveries.flat();
  } finally {
    await arena.close();
  }
}
