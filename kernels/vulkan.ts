import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Manifests of Vulkan drivers that the loader would find on Linux: those the environment names, which replace the
 * standard folders, else every *.json in them (Vulkan-Loader, docs/LoaderDriverInterface.md, "Driver Discovery").
 * `root` stands before the system's folders.
 */
export function vulkanDrivers(env: Environment = process.env, root = '/'): string[] {
  const named = env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES;
  if (named) return split(named).flatMap(manifests);
  const home = (variable: string | undefined, inHome: string) =>
    variable ? split(variable) : env.HOME ? [join(env.HOME, inHome)] : [];
  const system = (variable: string | undefined, standard: readonly string[]) =>
    variable ? split(variable) : standard.map((folder) => join(root, folder));
  const folders = [
    ...home(env.XDG_CONFIG_HOME, '.config'),
    ...system(env.XDG_CONFIG_DIRS, ['etc/xdg']),
    ...['usr/local/etc', 'etc'].map((folder) => join(root, folder)),
    ...home(env.XDG_DATA_HOME, '.local/share'),
    ...system(env.XDG_DATA_DIRS, ['usr/local/share', 'usr/share']),
  ].map((folder) => join(folder, 'vulkan/icd.d'));
  return [...split(env.VK_ADD_DRIVER_FILES ?? ''), ...folders].flatMap(manifests);
}

function split(list: string): string[] {
  return list.split(':').filter((path) => path !== '');
}

/** A manifest stands for itself, a folder for those in it. */
function manifests(path: string): string[] {
  if (!existsSync(path)) return [];
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(path, name));
  } catch {
    // not ours to read: the loader cannot either
    return [];
  }
}
