// What every browser test needs: people who sign in, booking a time of one's own, and the checks that hold
// for every page. No journey of a role lives here.
import AxeBuilder from '@axe-core/playwright';
import { type BrowserContext, type Locator, type Page, type TestInfo, expect, test as base } from '@playwright/test';

/** The one password of every demo account while the tests run. */
export const password = process.env['E2E_PASSWORD'] ?? '';

/** Demo accounts, one a role; `doctor` works Monday to Friday. */
export const people = {
  patient: 'marta.kowalska',
  doctor: 'amina.rahman',
  nurse: 'nina.okafor',
  receptionist: 'grace.hall',
  billing: 'sam.lee',
  admin: 'olivia.bennett',
  auditor: 'henry.shaw',
} as const;

export type Role = keyof typeof people;

/** The doctor with whom the tests book. */
export const doctorName = 'Dr Amina Rahman';

interface Fixtures {
  /** Opens a browser of its own, as another person at another desk would. */
  visitor: () => Promise<Page>;
  /** The same, signed in. */
  signedIn: (login: string, secret?: string) => Promise<Page>;
  /** Faults of all pages opened in the test; none may be there at its end. */
  faults: string[];
  /** Whether scripts run in this project. */
  scripted: boolean;
}

export const test = base.extend<Fixtures>({
  faults: [
    async ({ context }, use) => {
      const faults: string[] = [];
      watch(context, faults);
      await persevere(context);
      await use(faults);
      expect(faults, 'faults in the browser').toEqual([]);
    },
    { auto: true },
  ],
  scripted: async ({ javaScriptEnabled }, use) => {
    await use(javaScriptEnabled);
  },
  visitor: async ({ browser, faults }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext();
      contexts.push(context);
      watch(context, faults);
      await persevere(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
  signedIn: async ({ visitor }, use) => {
    await use(async (login, secret = password) => {
      const page = await visitor();
      await signIn(page, login, secret);
      return page;
    });
  },
});

export { expect };

/**
 * Collects what no page may do: errors in its scripts, violations of its content security policy,
 * requests to other hosts, answers of the server that confess a fault.
 */
function watch(context: BrowserContext, faults: string[]): void {
  context.on('weberror', (error) => faults.push(`script error: ${error.error().message}`));
  context.on('console', (message) => {
    if (/Content Security Policy|Refused to|islands are asleep/i.test(message.text())) faults.push(message.text());
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.hostname !== '127.0.0.1' && url.protocol !== 'data:') faults.push(`request to ${url.hostname}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} from ${response.url()}`);
  });
}

/**
 * While replicas are killed (`make replicas`), a cut connection leaves the outcome unknown. The browser then does
 * what a reader does who presses reload: the same request goes out again, with the idempotency key of its form.
 */
async function persevere(context: BrowserContext): Promise<void> {
  if (process.env['E2E_REPLICAS'] === undefined) return;
  await context.route('**/*', async (route, request) => {
    const headers = await request.allHeaders();
    // The browser adds these after a request was intercepted.
    const origin = new URL(request.url()).origin;
    const changes: Record<string, string> = request.method() === 'GET' ? {} : { origin, 'sec-fetch-site': 'same-origin' };
    for (let attempt = 1; attempt <= 50; attempt += 1) {
      const response = await route.fetch({ headers: { ...headers, ...changes }, maxRedirects: 0 }).catch(() => undefined);
      if (response === undefined) continue;
      // Whoever left the page meanwhile needs no answer.
      await route.fulfill({ response }).catch(() => undefined);
      return;
    }
    await route.abort().catch(() => undefined);
  });
}

/** Fills in the sign-in form of the page that is open. */
export async function enter(page: Page, login: string, secret: string = password): Promise<void> {
  await page.getByLabel('Email address or username').fill(login);
  await page.getByLabel('Password', { exact: true }).fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Signs in and waits for the home page of the role. */
export async function signIn(page: Page, login: string, secret: string = password): Promise<void> {
  await page.goto('/');
  await enter(page, login, secret);
  await expect(signOutButton(page)).toBeVisible();
}

/** The button at the top of every page; the profile has others for other devices. */
export function signOutButton(page: Page): Locator {
  return page.getByRole('banner').getByRole('button', { name: 'Sign out' });
}

/** Signs out and waits for the sign-in page. */
export async function signOut(page: Page): Promise<void> {
  await signOutButton(page).click();
  await expect(heading(page, 'Sign in')).toBeVisible();
}

/** The heading of the page. */
export function heading(page: Page, name?: string | RegExp): Locator {
  return page.getByRole('heading', { level: 1, ...(name === undefined ? {} : { name }) });
}

/** The green banner after something was done. */
export async function expectNotice(page: Page, words: string | RegExp): Promise<void> {
  await expect(page.getByRole('alert', { name: 'Success' })).toContainText(words);
}

/** Letters that no other test and no other project uses, to name people with. */
export function unique(info: TestInfo): string {
  const seed = `${info.testId}${info.project.name}${info.repeatEachIndex}${info.retry}`;
  let hash = 0;
  for (const letter of seed) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  const letters = hash
    .toString(26)
    .replace(/[0-9a-p]/g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)));
  return `${info.project.name === 'js' ? 'ja' : 'no'}${letters}`;
}

/** Someone who signs up. */
export interface Person {
  given: string;
  family: string;
  name: string;
  email: string;
  username: string;
  secret: string;
}

/** A new person of this test. */
export function person(info: TestInfo, given: string): Person {
  const family = `Q${unique(info)}`;
  const username = `${given}.${family}`.toLowerCase();
  return {
    given,
    family,
    name: `${given} ${family}`,
    email: `${username}@example.org`,
    username,
    secret: 'three tall willows',
  };
}

/**
 * The rows of a table that are about the demo's own patients: what other tests make is there as well, and changes
 * while one looks.
 */
export function demoRows(page: Page, table: string): Locator {
  return page.getByRole('table', { name: table }).getByRole('row').filter({ hasNotText: /\bQ(ja|no)[a-z]/i });
}

/** Fills in and sends the sign-up form. */
export async function signUp(page: Page, who: Person): Promise<void> {
  await page.goto('/');
  await page.getByRole('button', { name: 'Create an account' }).click();
  await expect(heading(page, 'Create an account')).toBeVisible();
  await page.getByLabel('First name').fill(who.given);
  await page.getByLabel('Last name').fill(who.family);
  await fillDate(page, 'Date of birth', '27', '3', '1985');
  await page.getByLabel('Phone number').fill('020 7946 0958');
  await page.getByLabel('Email address').fill(who.email);
  await page.getByLabel('Username').fill(who.username);
  await page.getByLabel('Password').fill(who.secret);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectNotice(page, 'Your account is ready');
}

/** Fills in a date of three boxes. */
export async function fillDate(page: Page, legend: string, day: string, month: string, year: string): Promise<void> {
  const group = page.getByRole('group', { name: legend });
  await group.getByLabel('Day').fill(day);
  await group.getByLabel('Month').fill(month);
  await group.getByLabel('Year').fill(year);
}

/**
 * Which free day a test books on, counted from tomorrow: tests run at the same time on one server, so each
 * has a day of its own, and none lies further ahead than the 30 days in which a doctor may open the record.
 */
export function bookingDay(info: TestInfo, test: 0 | 1 | 2 | 3 | 4): number {
  return 2 * test + (info.project.name === 'js' ? 0 : 1);
}

/** On the page that offers the days of a month: opens the free day with this number, next month included. */
export async function openFreeDay(page: Page, number: number): Promise<string> {
  let left = number;
  for (;;) {
    await expect(heading(page, 'Which day suits you?')).toBeVisible();
    // What is left of today may pass while the test runs.
    const days = page.locator('td:not(.is-today)').getByRole('link', { name: / free times?$/ });
    const count = await days.count();
    if (left < count) {
      const day = days.nth(left);
      const name = (await day.getAttribute('aria-label')) ?? '';
      await day.click();
      await expect(heading(page, 'At what time?')).toBeVisible();
      return name.split(',')[0] ?? '';
    }
    left -= count;
    await page.getByRole('link', { name: /›$/ }).click();
  }
}

/** A booking as its confirmation states it. */
export interface Booking {
  /** As "Tuesday 24 November 2026, 09:30". */
  when: string;
  reference: string;
}

/** Goes through the pages on which a patient books, up to the times of a day; says which day. */
export async function openTimes(page: Page, day: number, visit = 'Consultation'): Promise<string> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Appointments' }).click();
  await page.getByRole('button', { name: 'Book an appointment' }).click();
  await expect(heading(page, 'What is the appointment for?')).toBeVisible();
  await page.getByRole('link', { name: visit, exact: true }).click();
  await expect(heading(page, 'Whom would you like to see?')).toBeVisible();
  await page.getByRole('link', { name: doctorName }).click();
  return openFreeDay(page, day);
}

/** The first time that is offered. */
export function firstTime(page: Page) {
  return page.getByRole('main').getByRole('button', { name: /^\d\d:\d\d/ }).first();
}

/** Goes on to "Check your answers": the time is held from then on. */
export async function chooseTime(page: Page, day: number, visit = 'Consultation'): Promise<string> {
  const date = await openTimes(page, day, visit);
  const time = firstTime(page);
  const clock = (await time.innerText()).trim().slice(0, 5);
  await time.click();
  await expect(heading(page, 'Check your answers')).toBeVisible();
  await expect(page.getByRole('main')).toContainText(`${date}, ${clock}`);
  await expect(page.getByRole('main')).toContainText('We hold this time for you until ');
  return `${date}, ${clock}`;
}

/** Books as a patient, from the appointments page to the confirmation. */
export async function book(page: Page, day: number, reason: string, visit = 'Consultation'): Promise<Booking> {
  const when = await chooseTime(page, day, visit);
  await page.getByLabel('What would you like to talk about?').fill(reason);
  await page.getByRole('button', { name: 'Book appointment' }).click();
  await expect(heading(page, 'Appointment booked')).toBeVisible();
  const reference = /A-\d+/.exec(await page.getByRole('main').innerText())?.[0] ?? '';
  expect(reference).not.toBe('');
  return { when, reference };
}

/** Finds a patient by name from the patients page and opens the page of that patient. */
export async function findPatient(page: Page, family: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Patients' }).click();
  await page.getByRole('search').getByRole('searchbox').or(page.getByRole('search').getByRole('combobox')).fill(family);
  await page.getByRole('search').getByRole('button').click();
  await page.getByRole('table').getByRole('link', { name: new RegExp(family, 'i') }).click();
  await expect(page.getByRole('region', { name: 'Patient' })).toContainText(new RegExp(family, 'i'));
}

/** The summary of what was refused: it stands first, has the focus where scripts set it, and leads to the fields. */
export async function expectErrors(page: Page, messages: string[]): Promise<void> {
  await expect(page).toHaveTitle(/^Error: /);
  const summary = page.getByRole('alert').filter({ hasText: 'There is a problem' });
  await expect(summary.getByRole('link')).toHaveText(messages);
}

/** Follows every link of the error summary and expects the field that it names to have the focus. */
export async function expectErrorsLeadToFields(page: Page): Promise<void> {
  const links = page.getByRole('alert').filter({ hasText: 'There is a problem' }).getByRole('link');
  for (const link of await links.all()) {
    const id = ((await link.getAttribute('href')) ?? '').replace(/^#/, '');
    await link.click();
    await expect(page.locator(`[id="${id}"]`), `the field that ${id} leads to`).toBeFocused();
    await expect(page.locator(`[id="${id}-error"]`)).toContainText((await link.innerText()).trim());
  }
}

/** Waits until the islands of a page are awake. */
export async function islandsAwake(page: Page): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('data-islands', 'ready');
}

/** The rules of axe whose outcome can change with the colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** axe finds nothing (WCAG 2.2 AA and best practices) in light; in dark, where only colours differ, nothing in them. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await transitionsOver(page);
    // One run on the page itself: none has frames, for which axe would gather its findings in a page of its own.
    const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode();
    const found = await (colorScheme === 'dark' ? axe.withRules(COLOUR_RULES) : axe).analyze();
    const faults = found.violations.map(
      (violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(' | ')}`,
    );
    expect.soft(faults, `${page.url()} in ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** Colours that still change from one scheme to the other would be taken for what the reader sees. */
async function transitionsOver(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
  });
}

/** Nothing sticks out sideways at the width of a small phone. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  await page.setViewportSize({ width: 320, height: 700 });
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(excess, `${page.url()} at 320 px`).toBeLessThanOrEqual(0);
  await page.setViewportSize({ width: 1280, height: 900 });
}
