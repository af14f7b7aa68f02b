// What is documented, what is read and what Docker passes on are the same settings.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fixerEnvNames } from '@levautofix/fixer/config/env';
import { watcherEnvNames } from '@levautofix/watcher/config/env';
import { readRules } from '@levautofix/watcher/config/rules-file';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const read = (name: string) => readFile(join(root, name), 'utf8');
const known = new Set<string>([...fixerEnvNames, ...watcherEnvNames]);

interface Compose {
  services: Record<
    string,
    {
      environment?: Record<string, string>;
      build?: { dockerfile: string };
      volumes?: (string | { source: string; target: string })[];
    }
  >;
  volumes: Record<string, null>;
}

/** Settings that `docker-compose.yml` does not take from `.env`, and why. */
const setByCompose: Record<string, string> = {
  HOST: 'each container listens for the others',
  PORT: 'one .env cannot hold two ports',
  DATA_DIR: 'a volume',
  STATE_DIR: 'a volume',
  MONGODB_URI: 'the MongoDB of the compose file',
  FIXER_URL: 'the fixer of the compose file',
  LOG_FILES: 'what is mounted at /logs',
  LOG_ROOTS: 'folders that are not mounted',
  SOURCE_ROOTS: 'folders that are not mounted',
  JOURNAL_MATCHES: 'the image has no journalctl',
  FIXER_CONFIG: 'its repositories are not mounted: one service, at REPO_PATH',
};

describe('.env.example', () => {
  it('lists every setting of both services once, and nothing else', async () => {
    const listed = [...(await read('.env.example')).matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
    expect([...listed].sort()).toEqual([...known].sort());
  });

  it('says one thing about each, on the line above', async () => {
    const lines = (await read('.env.example')).split('\n');
    const silent = lines.filter(
      (line, index) => /^[A-Z_0-9]+=/.test(line) && !/^# \S.{8,}[.)]$/.test(lines[index - 1] ?? ''),
    );
    expect(silent).toEqual([]);
  });

  it('holds no values, so that copying it changes no default', async () => {
    expect((await read('.env.example')).match(/^[A-Z_0-9]+=.+$/gm)).toBeNull();
  });
});

describe('files of settings', () => {
  it.each(['.env.example', 'README.md', 'docs/production.md'])(
    'have their comments on lines of their own in %s, because systemd and Docker take them for values',
    async (name) => {
      expect((await read(name)).match(/^\s*[A-Z_0-9]+=[^#\n]*[ \t]#.*$/gm)).toBeNull();
    },
  );
});

describe('the example of a rules file', () => {
  it('is read without a problem, and shows every key there is', async () => {
    const [, example = ''] =
      /## Your own rules[\s\S]*?```yaml\n([\s\S]*?)```/.exec(await read('docs/production.md')) ?? [];
    const { rules, problems } = await readRules(example);
    expect(problems).toEqual([]);
    expect(rules).toMatchObject({
      detect: { include: [{}], ignore: [{}, {}], levelField: 'sev_name' },
      severity: [{ name: 'payment provider', severity: 'critical', isInfrastructure: true }],
      grouping: { merge: [{ name: 'timeouts of jobs' }], split: [{ text: 'No tenant' }] },
      maxGroups: 500,
    });
  });
});

describe('docker-compose.yml', () => {
  it('passes on only settings that are documented, and to the service that reads them', async () => {
    const text = await read('docker-compose.yml');
    const used = [...text.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name ?? '');
    expect(used.length).toBeGreaterThan(40);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
    const { services } = parse(text) as Compose;
    const environment = (name: string) => Object.keys(services[name]?.environment ?? {});
    expect(environment('fixer').filter((name) => !(fixerEnvNames as readonly string[]).includes(name))).toEqual([]);
    expect(environment('watcher').filter((name) => !(watcherEnvNames as readonly string[]).includes(name))).toEqual([]);
  });

  it('passes on every setting that is documented, but for those it sets itself', async () => {
    const used = new Set([...(await read('docker-compose.yml')).matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name));
    expect([...known].filter((name) => !used.has(name)).sort()).toEqual(Object.keys(setByCompose).sort());
  });

  it('looks in the container for no file or folder that is not mounted there', async () => {
    const { services } = parse(await read('docker-compose.yml')) as Compose;
    for (const { environment = {}, volumes = [] } of Object.values(services)) {
      const mounted = volumes.map((volume) =>
        typeof volume === 'string' ? /:(\/[^:]*)(?::ro)?$/.exec(volume)?.[1] : volume.target,
      );
      const named = Object.values(environment).flatMap((value) => /^(?:\$\{\w+:\+)?(\/[^}*]*)/.exec(value)?.[1] ?? []);
      expect(named.filter((path) => !mounted.includes(path.replace(/\/$/, '')))).toEqual([]);
    }
  });

  it('builds from files that are there, and declares the volumes it mounts', async () => {
    const { services, volumes } = parse(await read('docker-compose.yml')) as Compose;
    for (const { build } of Object.values(services))
      if (build) await expect(read(build.dockerfile)).resolves.toContain('FROM node:20');
    const mounted = Object.values(services).flatMap((service) => service.volumes ?? []);
    const sources = mounted.map((volume) =>
      typeof volume === 'string' ? (volume.split(':')[0] ?? '') : volume.source,
    );
    const named = sources.filter((source) => /^[a-z]+$/.test(source));
    expect(named.sort()).toEqual(Object.keys(volumes).sort());
  });
});
