// Which commit a release names beyond doubt.

/**
 * A branch moves on while its name stays in the release, so only ids and tags count, and what `git describe` makes of them. `resolve`
 * answers the commit of a name, null when there is none.
 */
export async function resolveRelease(
  release: string,
  resolve: (name: string) => Promise<string | null>,
): Promise<string | null> {
  const id = /^(?:.+-g)?([0-9a-f]{7,64})$/i.exec(release)?.[1]?.toLowerCase();
  const named = id === undefined ? null : await resolve(id);
  if (id !== undefined && named?.startsWith(id) === true) return named;
  return (await resolve(`refs/tags/${release}`)) ?? resolve(`refs/tags/v${release}`);
}
