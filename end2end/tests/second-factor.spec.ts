// Two-step sign-in: turned on with an authenticator, asked for at the next sign-in, got around with recovery codes
// when the phone is away, turned off by its owner or by an administrator.
import { createHmac } from 'node:crypto';
import { type Page } from '@playwright/test';
import {
  enter,
  expect,
  expectAccessible,
  expectErrors,
  expectErrorsLeadToFields,
  expectNoSidewaysScroll,
  expectNotice,
  heading,
  people,
  person,
  signIn,
  signOut,
  signOutButton,
  signUp,
  test,
} from './support';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Seconds for which an authenticator shows a code. */
const STEP = 30;

/** An authenticator: it never shows the same code twice, as a person waits for the next one. */
class Authenticator {
  private shown = 0;
  private readonly key: Buffer;

  constructor(secret: string) {
    const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
    this.key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  }

  /** The next code (RFC 6238): of the present step, or of the one after it, which the clinic takes too. */
  async code(): Promise<string> {
    for (;;) {
      const now = Math.floor(Date.now() / 1000 / STEP);
      const step = Math.max(now, this.shown + 1);
      if (step <= now + 1) {
        this.shown = step;
        return this.at(step);
      }
      await new Promise((resolve) => setTimeout(resolve, (step - 1) * STEP * 1000 - Date.now()));
    }
  }

  private at(step: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac('sha1', this.key).update(counter).digest();
    const offset = (digest.at(-1) ?? 0) & 0xf;
    return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  }
}

/** The panel of the account page. */
async function openSettings(page: Page, button: string): Promise<void> {
  await page.goto('/profile');
  await page.getByRole('button', { name: button }).click();
  await expect(heading(page, 'Two-step sign-in')).toBeVisible();
}

/** Turns it on, from the account page to the recovery codes. */
async function turnOn(page: Page, secret: string): Promise<{ app: Authenticator; recovery: string[] }> {
  await openSettings(page, 'Set up two-step sign-in');
  await page.getByLabel('Your password').fill(secret);
  await page.getByRole('button', { name: 'Set up two-step sign-in' }).click();
  await expect(heading(page, 'Set up two-step sign-in')).toBeVisible();
  await expect(page.getByRole('img', { name: 'QR code for your authenticator app' })).toBeVisible();
  await page.getByText('I cannot scan the code').click();
  const key = await page.getByRole('main').locator('code').innerText();
  const app = new Authenticator(key.replace(/\s/g, ''));
  await page.getByLabel('Code from the app').fill(await app.code());
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(heading(page, 'Two-step sign-in is on')).toBeVisible();
  const recovery = (await page.getByRole('main').locator('code').innerText()).trim().split(/\s+/);
  expect(recovery).toHaveLength(10);
  return { app, recovery };
}

/** Gives the password and waits for the second step. */
async function firstStep(page: Page, login: string, secret: string): Promise<void> {
  await page.goto('/');
  await enter(page, login, secret);
  await expect(heading(page, 'Enter your code')).toBeVisible();
}

test('a password and a code from the phone sign in', async ({ page }, info) => {
  const who = person(info, 'Vera');
  await signUp(page, who);
  const { app } = await turnOn(page, who.secret);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page.getByText('10 of 10')).toBeVisible();
  await signOut(page);

  await page.goto('/appointments');
  await enter(page, who.username, who.secret);
  await expect(heading(page, 'Enter your code')).toBeVisible();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expectErrors(page, ['Enter the code']);
  await expectErrorsLeadToFields(page);
  await page.getByLabel('Code from the app').fill('12 34 5');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expectErrors(page, ['This code does not work. Enter a new one, each works only once']);
  // The address says nothing, and going back to the page asks again.
  expect(page.url()).not.toMatch(/challenge/);
  await page.goto('/signin/second-factor?next=%2Fappointments');
  const code = await app.code();
  await page.getByLabel('Code from the app').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(heading(page, 'Your appointments').or(heading(page, 'Appointments'))).toBeVisible();
  await expect(page).toHaveURL(/\/appointments$/);
});

test('a recovery code signs in once, and new ones replace the old', async ({ page }, info) => {
  const who = person(info, 'Wilma');
  await signUp(page, who);
  const { recovery } = await turnOn(page, who.secret);
  const recover = async (code: string): Promise<void> => {
    await firstStep(page, who.username, who.secret);
    await page.getByText('Use a recovery code', { exact: true }).click();
    await page.getByLabel('Recovery code').fill(code);
    await page.getByRole('button', { name: 'Sign in with a recovery code' }).click();
  };
  await signOut(page);
  await recover((recovery[0] ?? '').toUpperCase().replaceAll('-', ' '));
  await expectNotice(page, 'You signed in with a recovery code');
  await signOut(page);
  await recover(recovery[0] ?? '');
  await expectErrors(page, ['This code does not work. Enter a new one, each works only once']);
  await expect(page.getByLabel('Recovery code')).toBeVisible();
  await page.getByLabel('Recovery code').fill(recovery[1] ?? '');
  await page.getByRole('button', { name: 'Sign in with a recovery code' }).click();
  await expect(signOutButton(page)).toBeVisible();

  await openSettings(page, 'Manage two-step sign-in');
  await page.getByRole('button', { name: 'New recovery codes' }).click();
  await page.getByLabel('Code from the app, or a recovery code').fill(recovery[2] ?? '');
  await page.getByRole('button', { name: 'Make new codes' }).click();
  await expect(heading(page, 'New recovery codes')).toBeVisible();
  const fresh = (await page.getByRole('main').locator('code').innerText()).trim().split(/\s+/);
  expect(fresh).toHaveLength(10);
  expect(fresh).not.toContain(recovery[3]);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page.getByText('10 of 10')).toBeVisible();
});

test('it is turned off with the password and a code', async ({ page }, info) => {
  const who = person(info, 'Xenia');
  await signUp(page, who);
  const { recovery } = await turnOn(page, who.secret);
  await openSettings(page, 'Manage two-step sign-in');
  await page.getByRole('button', { name: 'Turn off' }).click();
  await page.getByRole('button', { name: 'Turn off two-step sign-in' }).click();
  await expectErrors(page, ['Enter your password', 'Enter the code']);
  await page.getByLabel('Your password').fill(who.secret);
  await page.getByLabel('Code from the app, or a recovery code').fill(recovery[0] ?? '');
  await page.getByRole('button', { name: 'Turn off two-step sign-in' }).click();
  await expectNotice(page, 'Two-step sign-in is off');
  await signOut(page);
  await signIn(page, who.username, who.secret);
});

test('an administrator lets someone in who lost phone and codes', async ({ page, signedIn, scripted }, info) => {
  const who = person(info, 'Yara');
  await signUp(page, who);
  await turnOn(page, who.secret);
  const admin = await signedIn(people.admin);
  await admin.goto(`/admin?q=${who.username}`);
  await admin.getByRole('table', { name: 'Accounts' }).getByRole('link', { name: who.name }).click();
  await admin.getByRole('button', { name: 'Turn off two-step sign-in' }).click();
  await expect(heading(admin, `Turn off two-step sign-in of ${who.name}?`)).toBeVisible();
  if (scripted) await expectAccessible(admin);
  await admin.getByRole('button', { name: 'Turn off two-step sign-in' }).click();
  await expectNotice(admin, 'Two-step sign-in of this account is off');
  await page.goto('/profile');
  await expect(heading(page, 'Sign in')).toBeVisible();
  await signIn(page, who.username, who.secret);
});

test('every page of it is accessible and fits a small phone', async ({ page, scripted }, info) => {
  const who = person(info, 'Zelda');
  await signUp(page, who);
  const check = async (): Promise<void> => {
    if (scripted) await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  };
  await openSettings(page, 'Set up two-step sign-in');
  await check();
  await page.getByLabel('Your password').fill(who.secret);
  await page.getByRole('button', { name: 'Set up two-step sign-in' }).click();
  await page.getByText('I cannot scan the code').click();
  await check();
  const key = await page.getByRole('main').locator('code').innerText();
  const app = new Authenticator(key.replace(/\s/g, ''));
  await page.getByLabel('Code from the app').fill(await app.code());
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(heading(page, 'Two-step sign-in is on')).toBeVisible();
  await check();
  for (const path of ['', '/recovery-codes', '/off']) {
    await page.goto(`/profile/second-factor${path}`);
    await check();
  }
  await signOut(page);
  await firstStep(page, who.username, who.secret);
  await page.getByText('Use a recovery code', { exact: true }).click();
  await check();
});
