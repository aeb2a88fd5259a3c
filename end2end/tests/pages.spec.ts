// A sweep over every page that each role can reach: it answers, has one heading, is accessible in light and
// dark, fits a small phone, obeys its security policy and asks no other host. Links are followed, so a new page
// is checked as soon as something leads to it.
import { type Page } from '@playwright/test';
import {
  type Role,
  chooseTime,
  demoRows,
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  heading,
  islandsAwake,
  people,
  signIn,
  test,
} from './support';

test.describe.configure({ mode: 'parallel' });
// A crawl takes as many minutes as there are pages, on a machine that does other things too.
test.setTimeout(600_000);

/** Pages without a link to them from another page. */
const UNLINKED = ['/profile/password', '/no-such-page', '/patients?q=nobody-is-called-so', '/admin/audit?outcome=failed', '/admin/security?days=7'];

/** Pages whose way in is on one of many pages of a kind: on another person's account, on a bill in one state. */
const BEYOND: Partial<Record<Role, string[]>> = {
  admin: ['/admin/users/6', '/admin/users/6/disable', '/admin/users/6/reset', '/admin/users/6/reset-second-factor', '/admin/users/6/reset-link'],
  billing: ['/billing/takings'],
  receptionist: ['/billing?status=open', '/appointments/schedules'],
};

/** Pages that the crawl of a role has to come by, so that it cannot quietly miss them. */
const EXPECTED: Record<Role, string[]> = {
  patient: [
    '/',
    '/appointments',
    '/appointments/:id',
    '/appointments/:id/cancel',
    '/appointments/:id/move',
    '/appointments/book',
    '/appointments/book/doctor',
    '/appointments/book/day',
    '/appointments/book/time',
    '/appointments/book/check',
    '/medical-records',
    '/medical-records/notes/:id',
    '/billing',
    '/billing/:id',
    '/profile',
    '/profile/calendar',
    '/profile/record-access',
    '/profile/people',
    '/profile/second-factor',
  ],
  doctor: [
    '/',
    '/appointments',
    '/appointments/:id',
    '/appointments/new',
    '/appointments/schedules/:id',
    '/patients',
    '/patients/:id',
    '/medical-records',
    '/medical-records/:id',
    '/medical-records/:id/vitals',
    '/medical-records/:id/notes/new',
    '/medical-records/:id/medicines',
    '/medical-records/:id/problems',
    '/medical-records/:id/allergies',
    '/medical-records/notes/:id',
    '/profile/actions',
  ],
  nurse: ['/', '/appointments', '/patients/:id', '/patients/:id/edit', '/medical-records/:id', '/medical-records/:id/vitals'],
  receptionist: [
    '/',
    '/appointments',
    '/appointments/:id',
    '/appointments/:id/move',
    '/appointments/:id/cancel',
    '/appointments/new',
    '/appointments/board',
    '/appointments/hall',
    '/appointments/day-sheet',
    '/appointments/waiting',
    '/appointments/messages',
    '/appointments/setup',
    '/appointments/schedules',
    '/appointments/schedules/:id',
    '/patients',
    '/patients/new',
    '/patients/:id',
    '/patients/:id/edit',
    '/patients/:id/proxies',
    '/patients/:id/care-team',
    '/billing',
    '/billing/:id',
  ],
  billing: ['/', '/billing', '/billing/new', '/billing/:id', '/billing/:id/pay', '/billing/:id/issue', '/billing/refunds', '/billing/:id/refunds/:id', '/patients', '/patients/:id', '/patients/:id/edit'],
  admin: [
    '/',
    '/admin',
    '/admin/users/new',
    '/admin/users/:id',
    '/admin/users/:id/disable',
    '/admin/users/:id/reset',
    '/admin/users/:id/reset-second-factor',
    '/admin/activity',
    '/admin/audit',
    '/admin/audit/:id',
    '/admin/security',
    '/billing/refunds',
  ],
  auditor: ['/', '/admin', '/admin/users/:id', '/admin/activity', '/admin/audit', '/admin/audit/:id', '/admin/security', '/admin/emergency-access', '/billing/refunds'],
};

/** What a page is, whatever it is about: its path without ids and the parts of the query that choose a view. */
function kind(url: URL): string {
  const path = url.pathname.replace(/\/(\d+(-\d+)?|[0-9a-hjkmnp-tv-z]{26})(?=\/|$)/g, '/:id');
  const views = ['tab', 'view', 'patient', 'q', 'book']
    .filter((name) => url.searchParams.has(name))
    .map((name) => (['tab', 'view'].includes(name) ? `${name}=${url.searchParams.get(name)}` : name));
  return views.length === 0 ? path : `${path}?${views.join('&')}`;
}

/** Addresses on the page that lead to other pages of the clinic. */
async function links(page: Page): Promise<URL[]> {
  const found = await page.locator('a[href]:not([download])').evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
  return found
    .map((href) => new URL(href))
    .filter((url) => url.origin === new URL(page.url()).origin && !url.pathname.startsWith('/api'));
}

/** What holds for every page. */
async function expectSound(page: Page, scripted: boolean): Promise<void> {
  await expect.soft(page.locator('h1'), `headings of ${page.url()}`).toHaveCount(1);
  await expect.soft(page.locator('html'), page.url()).toHaveAttribute('lang', 'en-GB');
  const ids = await page.locator('[id]').evaluateAll((all) => all.map((element) => element.id));
  expect.soft(ids.filter((id, place) => ids.indexOf(id) !== place), `doubled ids of ${page.url()}`).toEqual([]);
  await expectNoSidewaysScroll(page);
  if (!scripted) return;
  if ((await page.locator('leptos-island').count()) > 0) await islandsAwake(page);
  await expectAccessible(page);
}

/** Visits one page of every kind that can be reached. */
async function sweep(page: Page, start: string[], scripted: boolean): Promise<Set<string>> {
  const seen = new Set<string>();
  const origin = new URL(page.url());
  const waiting = start.map((path) => new URL(path, origin));
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (seen.has(kind(next))) continue;
    seen.add(kind(next));
    const answer = await page.goto(next.href);
    const expected = next.pathname === '/no-such-page' ? [404] : start.includes(next.pathname + next.search) ? [200, 403] : [200];
    expect.soft(expected, `status ${answer?.status()} of ${next.href}`).toContain(answer?.status());
    await expectSound(page, scripted);
    seen.add(kind(new URL(page.url())));
    waiting.push(...(await links(page)));
  }
  return seen;
}

/** The first object of the demo that a list leads to. */
async function first(page: Page, list: string, table: string): Promise<string> {
  await page.goto(list);
  const link = demoRows(page, table).getByRole('link').first();
  return (await link.getAttribute('href')) ?? `nothing is listed on ${list}`;
}

/** An appointment that can still be moved and called off, whatever the time of day: today's may all be over. */
async function bookedAhead(page: Page): Promise<string> {
  const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  return first(page, `/appointments?view=list&status=booked&from=${tomorrow}`, 'Appointments');
}

/** Pages of objects in the state that the role works on, found in a list. */
async function atWork(page: Page, role: Role): Promise<string[]> {
  if (role === 'patient') {
    // No link leads there: choosing a time holds it. On a day on which no other test books.
    await chooseTime(page, 12);
    const { pathname, search } = new URL(page.url());
    return [pathname + search];
  }
  if (role === 'receptionist') return [await bookedAhead(page)];
  if (role === 'billing') {
    const bills = 'Bills, newest first';
    const [open, draft] = [await first(page, '/billing?status=open', bills), await first(page, '/billing?status=draft', bills)];
    return [`${open}/pay`, `${draft}/issue`, `${draft}/edit`];
  }
  return [];
}

for (const role of Object.keys(people) as Role[]) {
  test(`every page that the role ${role} can reach is sound`, async ({ page, scripted }) => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await signIn(page, people[role]);
    const seen = await sweep(page, ['/', ...(await atWork(page, role)), ...UNLINKED, ...(BEYOND[role] ?? [])], scripted);
    expect.soft(EXPECTED[role].filter((wanted) => ![...seen].some((one) => one.split('?')[0] === wanted))).toEqual([]);
  });
}

test('every page before signing in is sound', async ({ page, scripted }) => {
  await page.goto('/');
  const links = ['/password/forgot?sent=1', '/password/reset?token=x', '/email/verify?token=x'];
  const seen = await sweep(page, ['/', '/?next=%2Fprofile', '/?notice=signed-out', '/no-such-page', ...links], scripted);
  for (const path of ['/signup', '/password/forgot']) expect([...seen]).toContain(path);
});

test('pages with errors are sound', async ({ page, scripted }) => {
  const refuse = async (path: string, button: string) => {
    await page.goto(path);
    await page.getByRole('main').getByRole('button', { name: button, exact: true }).click();
    await expect(page, path).toHaveTitle(/^Error: /);
    await expectSound(page, scripted);
  };
  await refuse('/', 'Sign in');
  await refuse('/signup', 'Create account');
  await signIn(page, people.nurse);
  await refuse('/profile/password', 'Change password');
  await refuse('/patients/new', 'Register patient');
  await page.goto('/medical-records?q=Kowalska');
  await page.getByRole('table').getByRole('link', { name: /Kowalska/i }).first().click();
  const chart = new URL(page.url()).pathname;
  await refuse(`${chart}/vitals`, 'Save vitals');
  await refuse(`${chart}/allergies`, 'Save allergy');
  await refuse(`${chart}/notes/new`, 'Save draft');
});

test('the clinic can be read as the device shows it best', async ({ page }) => {
  await signIn(page, people.receptionist);
  await page.goto('/appointments');
  // A choice of the person goes before that of the device, also without scripts.
  await page.getByRole('group', { name: 'Theme' }).getByRole('button', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.goto('/patients');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeHidden();
  await expect(heading(page)).toBeVisible();
});
