// `levautofix.config.yaml`: several services on one fixer. Paths in it are relative to the file.
import { parseDocument } from 'yaml';
import { z } from 'zod';

export const defaultServicesFile = 'levautofix.config.yaml';

const timeoutMs = z
  .int()
  .min(1_000)
  .max(24 * 60 * 60_000);

export const serviceEntrySchema = z.strictObject({
  name: z.string().min(1).max(500).describe("The watcher's SERVICE_NAME."),
  repoPath: z.string().min(1).describe('Top folder of the git checkout; relative to this file.'),
  baseBranch: z.string().min(1).optional().describe('Branch that fixes start from and go to. Default: BASE_BRANCH.'),
  installCommand: z.string().min(1).optional(),
  buildCommand: z.string().min(1).optional(),
  testCommand: z.string().min(1).optional(),
  installTimeoutMs: timeoutMs.optional(),
  buildTimeoutMs: timeoutMs.optional(),
  testTimeoutMs: timeoutMs.optional(),
  protectedPaths: z
    .array(z.string().min(1))
    .optional()
    .describe('Patterns that no fix may change, besides the built-in ones; a leading ! allows a path.'),
});
export type ServiceEntry = z.infer<typeof serviceEntrySchema>;

export const servicesFileSchema = z.strictObject({
  services: z.array(serviceEntrySchema).min(1),
});

/** The same rules as a JSON Schema (draft 7), for editors. */
export function servicesFileJsonSchema(): Record<string, unknown> {
  return { title: defaultServicesFile, ...z.toJSONSchema(servicesFileSchema, { target: 'draft-7', io: 'input' }) };
}

/** What is wrong is said with the path inside the file, all at once. */
export function parseServices(text: string): { services: ServiceEntry[]; problems: string[] } {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    return { services: [], problems: document.errors.map((error) => error.message.split('\n')[0] ?? '') };
  }
  const content: unknown = document.toJS({ maxAliasCount: 20 });
  const parsed = servicesFileSchema.safeParse(content);
  const issues = parsed.error?.issues ?? [];
  return {
    services: parsed.data?.services ?? [],
    problems: [
      ...issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`),
      ...namesListedTwice(content).map((name) => `the service "${name}" is listed twice`),
    ],
  };
}

const namesSchema = z.object({ services: z.array(z.object({ name: z.string() }).nullable().catch(null)) });

/** Looked for in entries that have another fault, too. */
function namesListedTwice(content: unknown): string[] {
  const names = (namesSchema.safeParse(content).data?.services ?? []).flatMap((entry) => entry?.name ?? []);
  return names.filter((name, index) => names.indexOf(name) !== index);
}
