// The prefilter in WebAssembly: the same answers as the one in script, several times as fast.
import { literalPlaces } from './literal-places.js';
import { createScriptPrefilter, type CreatePrefilter } from './prefilter.js';
import { simdModule } from './simd-module.js';

/** The little of WebAssembly that is used here; its types come with the library of browsers, which is not loaded. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

interface Search {
  memory: { buffer: ArrayBuffer; grow(pages: number): void };
  next(from: number, to: number): number;
  countLines(from: number, to: number): number;
}

/** Addresses and sizes as simd-prefilter.wat names them. */
const slotsAt = 4096;
const literalsAt = 8192;
const literalBytes = 32;
const slotBits = 11;
const pageBytes = 65_536;
const bucketCount = 8;
/** Bytes that the tables look at; what a literal has of them is looked up by their hash. */
const looked = 3;
/** The search reads whole blocks, so a little beyond the range. */
const slackBytes = 64;

let compiled: object | null | undefined;

/** Falls back to script where the processor or the runtime has no SIMD. */
export const createFastPrefilter: CreatePrefilter = (capacity, literals) => {
  compiled ??= compile();
  return compiled ? createSimdPrefilter(compiled, capacity, literals) : createScriptPrefilter(capacity, literals);
};

function compile(): object | null {
  try {
    return new WebAssembly.Module(Buffer.from(simdModule, 'base64'));
  } catch {
    return null;
  }
}

function createSimdPrefilter(module: object, capacity: number, texts: readonly string[]) {
  const search = new WebAssembly.Instance(module).exports as Search;
  const textAt = Math.ceil((literalsAt + texts.length * literalBytes) / 4096) * 4096;
  const pages = Math.ceil((textAt + capacity + slackBytes) / pageBytes);
  search.memory.grow(pages - search.memory.buffer.byteLength / pageBytes);
  const view = new DataView(search.memory.buffer);
  const literals = placeLiterals(texts);
  writeTables(view, literals);
  writeLiterals(view, literals);
  return {
    memory: new Uint8Array(search.memory.buffer, textAt, capacity),
    next(from: number, to: number): number {
      const found = search.next(textAt + from, textAt + to);
      return found === -1 ? -1 : found - textAt;
    },
    countLines: (from: number, to: number): number => search.countLines(textAt + from, textAt + to),
  };
}

interface Literal {
  bytes: Uint8Array;
  bucket: number;
  /** Place of the bytes that are looked up. */
  at: number;
}

/** At each position: the halves of the bytes, as sets of 16 bits. */
interface Bucket {
  low: number[];
  high: number[];
}

/** Literals of the user come where they let the fewest other bytes through. */
function placeLiterals(texts: readonly string[]): Literal[] {
  const buckets: Bucket[] = Array.from({ length: bucketCount }, () => ({ low: [0, 0, 0], high: [0, 0, 0] }));
  const encoder = new TextEncoder();
  const known = texts.filter((text) => literalPlaces[text]);
  return [...known, ...texts.filter((text) => !literalPlaces[text])].map((text) => {
    const bytes = encoder.encode(text).subarray(0, 8);
    const [bucket, at] = literalPlaces[text] ?? leastPlace(buckets, bytes);
    Object.assign(buckets[bucket] ?? {}, withBytes(buckets[bucket], bytes, at));
    return { bytes, bucket, at };
  });
}

function leastPlace(buckets: readonly Bucket[], bytes: Uint8Array): readonly [bucket: number, at: number] {
  let best = { cost: Infinity, bucket: 0, at: 0 };
  for (let at = 0; at + looked <= bytes.length; at++) {
    for (const [bucket, candidate] of buckets.entries()) {
      const cost = combinations(withBytes(candidate, bytes, at)) - combinations(candidate);
      if (cost < best.cost) best = { cost, bucket, at };
    }
  }
  return [best.bucket, best.at];
}

function withBytes(bucket: Bucket | undefined, bytes: Uint8Array, at: number): Bucket {
  const halfAt = (position: number, shift: number): number => 1 << (((bytes[at + position] ?? 0) >> shift) & 15);
  return {
    low: (bucket?.low ?? []).map((set, position) => set | halfAt(position, 0)),
    high: (bucket?.high ?? []).map((set, position) => set | halfAt(position, 4)),
  };
}

/** How many threes of bytes a bucket lets through. */
function combinations({ low, high }: Bucket): number {
  return [...low, ...high].reduce((product, set) => product * bitCount(set), 1);
}

function bitCount(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function writeTables(view: DataView, literals: readonly Literal[]): void {
  const add = (address: number, bucket: number): void => view.setUint8(address, view.getUint8(address) | (1 << bucket));
  for (const { bytes, bucket, at } of literals) {
    for (let position = 0; position < looked; position++) {
      const byte = bytes[at + position] ?? 0;
      add(position * 32 + (byte & 15), bucket);
      add(position * 32 + 16 + (byte >> 4), bucket);
    }
  }
}

function writeLiterals(view: DataView, literals: readonly Literal[]): void {
  const bySlot = new Map<number, Literal[]>();
  for (const literal of literals) {
    const slot = slotOf(literal);
    const same = bySlot.get(slot);
    if (same) same.push(literal);
    else bySlot.set(slot, [literal]);
  }
  let address = literalsAt;
  for (const [slot, same] of bySlot) {
    view.setUint16(slotsAt + 2 * slot, address / literalBytes, true);
    for (const [index, { bytes, at }] of same.entries()) {
      for (const [place, byte] of bytes.entries()) {
        view.setUint8(address + place, byte);
        view.setUint8(address + 8 + place, 0xff);
      }
      view.setUint32(address + 16, at, true);
      view.setUint32(address + 20, bytes.length, true);
      view.setUint32(address + 24, index + 1 < same.length ? 1 : 0, true);
      address += literalBytes;
    }
  }
}

function slotOf({ bytes, at }: Literal): number {
  const three = ((bytes[at] ?? 0) << 8) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 24);
  return Math.imul(three, 0x9e3779b1) >>> (32 - slotBits);
}
