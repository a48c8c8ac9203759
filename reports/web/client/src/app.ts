import type { Meta, Role, User } from './kit/shapes.js';

/** What every page gets: who looks, and what there is to see. */
export interface App {
  readonly user: User;
  readonly meta: Meta;
}

/** A page on screen; `leave` stops what it started (maps, event streams, timers). */
export interface View {
  readonly title: string;
  readonly element: HTMLElement;
  readonly leave?: () => void;
}

export type Page = (app: App, path: readonly string[], query: URLSearchParams) => View | Promise<View>;

/** Pages of the menu, in its order, with the roles that see them; the server decides what each may do. */
export const PAGES = [
  { name: 'map', roles: ['administrator', 'analyst', 'planner', 'officer'] },
  { name: 'leads', roles: ['administrator', 'analyst', 'planner', 'officer'] },
  { name: 'runs', roles: ['administrator', 'analyst'] },
  { name: 'reports', roles: ['administrator', 'analyst', 'planner'] },
  { name: 'overview', roles: ['administrator', 'analyst', 'planner'] },
  { name: 'admin', roles: ['administrator'] },
  // reached by one's own name in the frame
  { name: 'account', roles: ['administrator', 'analyst', 'planner', 'officer'] },
] as const satisfies readonly { readonly name: string; readonly roles: readonly Role[] }[];

export type PageName = (typeof PAGES)[number]['name'];

/** Whether the role works at the desk: assigns, closes, starts runs. */
export function atDesk({ role }: User): boolean {
  return role === 'administrator' || role === 'analyst';
}

export function visiblePages(user: User): PageName[] {
  return PAGES.filter(({ roles }) => roles.some((role) => role === user.role)).map(({ name }) => name);
}
