// Completes a partial value to the smallest one that a JSON Schema allows.

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
}

const texts: Record<string, string> = {
  uri: 'http://127.0.0.1/',
  'date-time': '2026-01-01T00:00:00Z',
  email: 'somebody@example.test',
};

/** `given` wins wherever it says something; required fields that it lacks are made up. */
export function sampleOf(schema: JsonSchema, schemas: Record<string, JsonSchema>, given?: unknown): unknown {
  const real = resolveRef(schema, schemas);
  const types = [real.type ?? (real.properties === undefined ? [] : 'object')].flat();
  if (Array.isArray(given)) return given.map((item) => sampleOf(real.items ?? {}, schemas, item));
  if (given === null || (given !== undefined && typeof given !== 'object')) return given;
  if (given === undefined && types.includes('null')) return null;
  if (real.enum !== undefined) return real.enum[0];
  if (types.includes('object') || given !== undefined)
    return sampleObject(real, schemas, (given ?? {}) as Record<string, unknown>);
  if (types.includes('array')) return [];
  if (types.includes('boolean')) return false;
  if (types.includes('integer') || types.includes('number')) return 0;
  return texts[real.format ?? ''] ?? '';
}

function sampleObject(
  schema: JsonSchema,
  schemas: Record<string, JsonSchema>,
  given: Record<string, unknown>,
): unknown {
  const names = new Set([...(schema.required ?? []), ...Object.keys(given)]);
  return Object.fromEntries(
    [...names].map((name) => [name, sampleOf(schema.properties?.[name] ?? {}, schemas, given[name])]),
  );
}

/** Follows references; of alternatives the one that may be null, else the first; of a union all parts. */
function resolveRef(schema: JsonSchema, schemas: Record<string, JsonSchema>): JsonSchema {
  if (schema.$ref !== undefined) return resolveRef(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, schemas);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) {
    const parts = alternatives.map((part) => resolveRef(part, schemas));
    const isNullable = parts.some((part) => [part.type].flat().includes('null'));
    const first = parts[0] ?? {};
    return isNullable ? { ...first, type: [...[first.type ?? 'object'].flat(), 'null'] } : first;
  }
  if (schema.allOf === undefined) return schema;
  const parts = schema.allOf.map((part) => resolveRef(part, schemas));
  return {
    ...schema,
    type: 'object',
    properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties) as Record<
      string,
      JsonSchema
    >,
    required: parts.flatMap((part) => part.required ?? []),
  };
}
